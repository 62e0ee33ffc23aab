#include "services/codebuild/engine/artifact_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <map>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "core/text.h"
#include "services/codebuild/model/glob.h"

namespace tandem::codebuild {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEntries = 200'000;
constexpr std::size_t kDepth = 64;
/// Of files with patterns: some seconds.
constexpr std::size_t kComparisons = 20'000'000;
constexpr std::size_t kBetweenSteps = 1'024;

std::string join(std::string_view folder, std::string_view name) {
  if (folder.empty() || folder == ".") return std::string(name);
  return name.empty() ? std::string(folder) : fmt::format("{}/{}", folder, name);
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// Of one base directory: what matches, by name, so that nothing is taken twice.
class Search {
 public:
  Search(const SourceTree& tree, std::string base, const ArtifactSpec& spec,
         std::vector<Glob> files, std::vector<Glob> excluded, FileWork& work)
      : tree_(tree),
        work_(work),
        base_(std::move(base)),
        spec_(spec),
        files_(std::move(files)),
        excluded_(std::move(excluded)),
        matched_(files_.size(), false) {}

  void run() { look_into("", 0); }
  std::vector<ArtifactFile>& found() { return found_; }
  bool matched(std::size_t file) const { return matched_[file]; }
  bool too_many() const { return entries_ > kEntries; }
  bool too_long() const { return comparisons_ > kComparisons; }

 private:
  /// path is relative to the base.
  void look_into(const std::string& path, std::size_t depth) {
    if (depth > kDepth || too_many() || too_long()) return;
    auto folder = tree_.open_folder(join(base_, path));
    if (!folder) return;
    const std::unique_ptr<DIR, CloseFolder> open(::fdopendir(folder->get()));
    if (open == nullptr) return;
    folder->release();  // the stream's own now
    std::vector<std::pair<std::string, unsigned char>> names;
    while (const dirent* each = ::readdir(open.get())) {
      const std::string_view name = each->d_name;
      if (name != "." && name != "..") names.emplace_back(name, each->d_type);
      if (++entries_ > kEntries) return;
    }
    std::sort(names.begin(), names.end());
    for (const auto& [name, type] : names) {
      compare_more();
      if (too_long()) return;
      consider(::dirfd(open.get()), name, join(path, name), depth);
    }
  }

  void consider(int folder, const std::string& name, const std::string& path, std::size_t depth) {
    struct stat about {};
    if (::fstatat(folder, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) return;  // gone
    if (S_ISDIR(about.st_mode)) {
      const bool wanted = std::any_of(files_.begin(), files_.end(),
                                      [&](const Glob& each) { return each.may_match_below(path); });
      if (wanted) look_into(path, depth + 1);
      return;
    }
    if (!S_ISREG(about.st_mode) && !S_ISLNK(about.st_mode)) return;
    if (!match(path)) return;
    ArtifactFile file{join(base_, path), spec_.discard_paths ? name : path, "",
                      about.st_mode & 0777};
    if (S_ISLNK(about.st_mode) && !take_link(folder, name, path, file)) return;
    found_.push_back(std::move(file));
  }

  /// With every pattern there is.
  void compare_more() {
    const std::size_t before = comparisons_ / kBetweenSteps;
    comparisons_ += files_.size() + excluded_.size();
    if (comparisons_ / kBetweenSteps != before) work_.step(0);
  }

  bool match(const std::string& path) {
    bool any = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (!files_[i].matches(path)) continue;
      matched_[i] = true;
      any = true;
    }
    return any && std::none_of(excluded_.begin(), excluded_.end(),
                               [&](const Glob& each) { return each.matches(path); });
  }

  /// Kept as a link when that was asked for and it stays within the artifact; else what it leads
  /// to, when that is a file of the source folder.
  bool take_link(int folder, const std::string& name, const std::string& path, ArtifactFile& file) {
    if (spec_.enable_symlinks && !spec_.discard_paths) {
      std::array<char, PATH_MAX> target{};
      const ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
      if (size <= 0 || size == PATH_MAX) return false;
      file.target.assign(target.data(), static_cast<std::size_t>(size));
      const fs::path parent = fs::path(path).parent_path();
      if (!file.target.starts_with('/') && normal_path((parent / file.target).string()))
        return true;
      file.target.clear();
    }
    const auto opened = tree_.open_file(file.path);
    struct stat about {};
    if (!opened || ::fstat(opened->get(), &about) != 0) return false;
    file.mode = about.st_mode & 0777;
    return true;
  }

  const SourceTree& tree_;
  FileWork& work_;
  std::string base_;
  const ArtifactSpec& spec_;
  std::vector<Glob> files_;
  std::vector<Glob> excluded_;
  std::vector<bool> matched_;
  std::vector<ArtifactFile> found_;
  std::size_t entries_ = 0;
  std::size_t comparisons_ = 0;
};

/// The folders below folder that a base directory's pattern means, in order.
std::vector<std::string> base_folders(const SourceTree& tree, const std::string& folder,
                                      const std::string& pattern) {
  std::vector<std::string> folders{folder};
  for (const std::string_view name : core::split(pattern, '/')) {
    if (name.empty() || name == ".") continue;
    std::vector<std::string> next;
    for (const std::string& each : folders) {
      auto opened = tree.open_folder(each.empty() ? "." : each);
      if (!opened) continue;
      const std::unique_ptr<DIR, CloseFolder> open(::fdopendir(opened->get()));
      if (open == nullptr) continue;
      opened->release();
      while (const dirent* entry = ::readdir(open.get())) {
        const std::string_view found = entry->d_name;
        if (found == "." || found == ".." || next.size() > 1'000) continue;
        const std::string path = join(each, found);
        if (name_matches(name, found) && tree.open_folder(path)) next.push_back(path);
      }
    }
    std::sort(next.begin(), next.end());
    folders = std::move(next);
  }
  // Without a pattern it is the folder itself, if that is still there.
  std::erase_if(folders, [&](const std::string& each) {
    return !tree.open_folder(each.empty() ? "." : each);
  });
  return folders;
}

std::vector<Glob> globs_of(const std::vector<std::string>& patterns, std::string& complaint) {
  std::vector<Glob> globs;
  for (const std::string& pattern : patterns) {
    auto glob = Glob::parse(pattern);
    if (!glob) {
      complaint = fmt::format("invalid artifact path {}: it leaves the base directory", pattern);
      return globs;
    }
    globs.push_back(std::move(*glob));
  }
  return globs;
}

}  // namespace

std::optional<std::string> normal_path(std::string_view path) {
  if (path.starts_with('/') || path.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string> names;
  for (const std::string_view name : core::split(path, '/')) {
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      names.emplace_back(name);
    } else if (names.empty()) {
      return std::nullopt;
    } else {
      names.pop_back();
    }
  }
  return core::join(names, "/");
}

SourceTree::SourceTree(const fs::path& root)
    : root_(::open(root.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
  if (root_.get() < 0) throw std::system_error(errno, std::generic_category(), root.string());
}

std::optional<net::Descriptor> SourceTree::open(const std::string& path, int flags,
                                                std::uint64_t resolve) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  // EAGAIN: a rename went on meanwhile, and the kernel could not be sure (openat2(2)).
  for (int tries = 0; tries < 100; ++tries) {
    const long opened = ::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how);
    if (opened >= 0) return net::Descriptor(static_cast<int>(opened));
    if (errno == ENOSYS) throw std::system_error(errno, std::generic_category(), "openat2");
    if (errno != EAGAIN && errno != EINTR) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<net::Descriptor> SourceTree::open_file(const std::string& path) const {
  // Without waiting: a pipe has no end.
  auto file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  struct stat about {};
  if (!file || ::fstat(file->get(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  return file;
}

std::optional<net::Descriptor> SourceTree::open_folder(const std::string& path) const {
  return open(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
}

std::optional<std::string> SourceTree::read_file(const std::string& path, std::size_t most) const {
  const auto file = open_file(path);
  if (!file) return std::nullopt;
  std::string content;
  std::array<char, 16 * 1024> piece{};
  while (true) {
    const ssize_t got = ::read(file->get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), path);
    if (got == 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(got));
    if (content.size() > most) return std::nullopt;
  }
}

ArtifactFiles find_artifact_files(const SourceTree& tree, const std::string& folder,
                                  const ArtifactSpec& spec, FileWork& work) {
  ArtifactFiles result;
  const std::string base = spec.base_directory.empty() ? "." : spec.base_directory;
  result.log = {fmt::format("Expanding base directory path: {}", base), "Assembling file list",
                fmt::format("Expanding {}", base)};
  const auto bases = base_folders(tree, folder, base);
  if (bases.empty()) {
    result.log.push_back(fmt::format("Skipping invalid file path {}", base));
    result.complaint = fmt::format("no matching base directory path found for {}", base);
    return result;
  }
  const auto files = globs_of(spec.files, result.complaint);
  if (!result.complaint.empty()) return result;
  const auto excluded = globs_of(spec.exclude_paths, result.complaint);
  if (!result.complaint.empty()) return result;
  std::map<std::string, ArtifactFile> all;
  for (const std::string& each : bases) {
    result.log.push_back(
        fmt::format("Expanding file paths for base directory {}", bases.size() > 1 ? each : base));
    result.log.emplace_back("Assembling file list");
    Search search(tree, each, spec, files, excluded, work);
    search.run();
    if (search.too_long()) {
      result.complaint = fmt::format("too many patterns for the files in {}", base);
      return result;
    }
    if (search.too_many()) {
      result.complaint = fmt::format("more than {} files in {}", kEntries, base);
      return result;
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      result.log.push_back(fmt::format("Expanding {}", spec.files[i]));
      if (!search.matched(i) && files[i].is_plain()) {
        result.log.push_back(fmt::format("Skipping invalid file path {}", spec.files[i]));
      }
    }
    for (ArtifactFile& file : search.found()) {
      const std::string name = file.name;
      all.insert_or_assign(name, std::move(file));
    }
  }
  if (all.empty()) {
    result.complaint = "no matching artifact paths found";
    return result;
  }
  result.log.push_back(fmt::format("Found {} file(s)", all.size()));
  for (auto& [name, file] : all) result.files.push_back(std::move(file));
  return result;
}

}  // namespace tandem::codebuild
