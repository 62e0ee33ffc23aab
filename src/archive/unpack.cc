#include "archive/unpack.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <vector>
#include <zip.h>

#include "archive/links.h"
#include "core/utf8.h"
#include "net/descriptor.h"

namespace tandem::archive {
namespace {

namespace fs = std::filesystem;
using Fault = ArchiveError::Fault;

constexpr std::size_t kNameBytes = 1'024;
constexpr std::size_t kPieceBytes = 64 * 1024;
/// A thousand times what the links of ordinary packages take.
constexpr std::size_t kLinkSteps = 300'000;

std::string_view words(Fault fault) {
  switch (fault) {
    case Fault::kBroken:
      return "the archive cannot be read";
    case Fault::kUnsafe:
      return "an entry leaves the folder";
    case Fault::kTooBig:
      return "the archive holds more than is taken";
  }
  return "";
}

[[noreturn]] void broken() { throw ArchiveError(Fault::kBroken, ""); }
[[noreturn]] void unsafe(std::string_view name) {
  throw ArchiveError(Fault::kUnsafe, core::to_utf8(std::string(core::utf8_prefix(name, 200))));
}
[[noreturn]] void too_big() { throw ArchiveError(Fault::kTooBig, ""); }

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using ArchiveFile = std::unique_ptr<zip_file_t, Discard>;

Archive open_source(zip_source_t* source) {
  zip_error_t error;
  zip_error_init(&error);
  zip_t* archive = nullptr;
  if (source != nullptr) {
    archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (archive == nullptr) zip_source_free(source);
  }
  zip_error_fini(&error);
  if (archive == nullptr) broken();
  return Archive(archive);
}

/// Borrows bytes.
Archive open_bytes(std::string_view bytes) {
  return open_source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr));
}

Archive open_file(const fs::path& zip) {
  return open_source(zip_source_file_create(zip.c_str(), 0, -1, nullptr));
}

struct Entry {
  zip_uint64_t index;
  fs::path path;  ///< relative, without "." and ".."
  mode_t mode;
  bool folder;
  bool link;
};

/// The name as a path below the folder. Every component must be an ordinary one.
fs::path safe_path(std::string_view name) {
  if (name.empty() || name.size() > kNameBytes || name.front() == '/' ||
      name.find('\0') != std::string_view::npos || name.find('\\') != std::string_view::npos) {
    unsafe(name);
  }
  fs::path path;
  for (const fs::path& part : fs::path(name)) {
    if (part == "..") unsafe(name);
    if (part.empty() || part == ".") continue;
    path /= part;
  }
  return path;
}

Entry describe(zip_t* archive, zip_uint64_t index) {
  zip_stat_t stat;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0) broken();
  if ((stat.valid & ZIP_STAT_NAME) == 0) broken();
  if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE) {
    broken();
  }
  const std::string_view name = stat.name;
  Entry entry{index, safe_path(name), 0644, name.ends_with('/'), false};
  if (entry.folder) entry.mode = 0755;
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0) broken();
  if (system == ZIP_OPSYS_UNIX || system == ZIP_OPSYS_OS_X) {
    const mode_t mode = attributes >> 16;
    if ((mode & 0777) != 0) entry.mode = mode & 0777;
    entry.link = S_ISLNK(mode);
    entry.folder = entry.folder || S_ISDIR(mode);
    const bool special = (mode & S_IFMT) != 0 && !S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode);
    if (special) unsafe(name);
  }
  return entry;
}

std::vector<Entry> read_entries(zip_t* archive, const Limits& limits) {
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  if (count < 0) broken();
  if (static_cast<zip_uint64_t>(count) > limits.entries) too_big();
  std::vector<Entry> entries;
  zip_uint64_t declared = 0;
  for (zip_uint64_t index = 0; index < static_cast<zip_uint64_t>(count); ++index) {
    zip_stat_t stat;
    if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0) broken();
    if ((stat.valid & ZIP_STAT_SIZE) != 0) {
      if (stat.size > limits.bytes || declared > limits.bytes - stat.size) too_big();
      declared += stat.size;
    }
    if (limits.step) limits.step(0);
    entries.push_back(describe(archive, index));
  }
  return entries;
}

/// Inflates one entry piece by piece into take(). left counts what really comes out.
template <class Take>
void inflate(zip_t* archive, zip_uint64_t index, std::uint64_t& left, const Take& take) {
  const ArchiveFile file(zip_fopen_index(archive, index, 0));
  if (file == nullptr) broken();
  std::vector<char> piece(kPieceBytes);
  while (true) {
    const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
    if (got < 0) broken();  // a wrong checksum ends here too
    if (got == 0) return;
    if (static_cast<std::uint64_t>(got) > left) too_big();
    left -= static_cast<std::uint64_t>(got);
    take(std::string_view(piece.data(), static_cast<std::size_t>(got)));
  }
}

[[noreturn]] void disk_failed(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

void write_all(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) disk_failed(path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

/// What all links say, each of which stays below the folder whichever others there are.
Links read_links(zip_t* archive, const std::vector<Entry>& entries, std::uint64_t& left,
                 const Limits& limits) {
  Links links;
  for (const Entry& entry : entries) {
    if (entry.folder || !entry.link) continue;
    std::string to;
    inflate(archive, entry.index, left, [&](std::string_view piece) {
      if (to.size() + piece.size() > kNameBytes) broken();
      to += piece;
    });
    if (to.empty() || to.find('\0') != std::string::npos) unsafe(entry.path.native());
    if (!links.emplace(entry.path.native(), std::move(to)).second) broken();
  }
  std::size_t steps = kLinkSteps;
  for (const auto& [path, to] : links) {
    if (limits.step) limits.step(0);
    if (lies_behind_a_link(links, path) || leads_out(links, path, steps)) unsafe(path);
  }
  return links;
}

/// Unpacks one archive; links come last, so that no file is ever written through one.
class Unpacker {
 public:
  Unpacker(zip_t* archive, const fs::path& folder, const Limits& limits, Permissions permissions)
      : archive_(archive),
        folder_(folder),
        limits_(limits),
        permissions_(permissions),
        left_(limits.bytes) {}

  void run(const std::vector<Entry>& entries) {
    const Links links = read_links(archive_, entries, left_, limits_);
    open_folder("");
    for (const Entry& entry : entries) {
      step(0);
      if (entry.folder) make_folders(entry.path);
    }
    for (const Entry& entry : entries) {
      step(0);
      if (!entry.folder && !entry.link) write_file(entry);
    }
    for (const auto& [path, to] : links) make_link(path, to);
    if (permissions_ == Permissions::kAsArchived) close_folders(entries);
  }

 private:
  void step(std::uint64_t bytes) const {
    if (limits_.step) limits_.step(bytes);
  }

  void make_folders(const fs::path& path) {
    std::error_code error;
    fs::create_directories(folder_ / path, error);
    for (fs::path each = path; !error && !each.empty(); each = each.parent_path())
      open_folder(each);
    if (error == std::errc::not_a_directory || error == std::errc::file_exists) broken();
    if (error == std::errc::filename_too_long) broken();
    if (error) throw std::system_error(error, path.string());
  }

  void write_file(const Entry& entry) {
    make_folders(entry.path.parent_path());
    const fs::path target = folder_ / entry.path;
    // Writable for us, and for whoever works with it as readable, and executable when it is so for
    // anybody, whatever the archive says: packages are zipped under all kinds of umasks.
    const mode_t mode = permissions_ == Permissions::kAsArchived
                            ? entry.mode | 0600
                            : entry.mode | 0644 | ((entry.mode & 0111) != 0 ? 0111 : 0);
    const net::Descriptor file(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
    if (file.get() < 0) {
      if (errno == EISDIR || errno == ENAMETOOLONG || errno == ENOTDIR) broken();
      disk_failed(target);
    }
    inflate(archive_, entry.index, left_, [&](std::string_view piece) {
      step(piece.size());
      write_all(file.get(), piece, target);
    });
    if (::fchmod(file.get(), mode) != 0) disk_failed(target);
  }

  void make_link(const fs::path& path, const std::string& to) {
    make_folders(path.parent_path());
    if (::symlink(to.c_str(), (folder_ / path).c_str()) != 0) {
      if (errno == EEXIST || errno == ENAMETOOLONG) broken();
      disk_failed(folder_ / path);
    }
  }

  /// Once they are full. None is a link: that would have taken a folder's place.
  void close_folders(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      if (!entry.folder || entry.path.empty()) continue;
      const fs::path folder = folder_ / entry.path;
      if (::chmod(folder.c_str(), entry.mode | 0700) != 0) disk_failed(folder);
    }
  }

  /// Our umask may be of the careful kind; whoever works with it must get in.
  void open_folder(const fs::path& path) {
    const fs::path folder = folder_ / path;
    struct stat about {};
    if (::lstat(folder.c_str(), &about) != 0) disk_failed(folder);
    if (S_ISDIR(about.st_mode) && ::chmod(folder.c_str(), 0755) != 0) disk_failed(folder);
  }

  zip_t* archive_;
  const fs::path& folder_;
  const Limits& limits_;
  Permissions permissions_;
  std::uint64_t left_;
};

std::uint64_t unpack_archive(zip_t* archive, const fs::path& folder, const Limits& limits,
                             Permissions permissions) {
  const std::vector<Entry> entries = read_entries(archive, limits);
  Unpacker(archive, folder, limits, permissions).run(entries);
  return entries.size();
}

}  // namespace

ArchiveError::ArchiveError(Fault fault, std::string entry)
    : std::runtime_error(entry.empty() ? std::string(words(fault))
                                       : fmt::format("{}: '{}'", words(fault), entry)),
      fault_(fault),
      entry_(std::move(entry)) {}

std::uint64_t unpack(const fs::path& zip, const fs::path& folder, const Limits& limits) {
  return unpack_archive(open_file(zip).get(), folder, limits, Permissions::kReadable);
}

std::uint64_t unpack_bytes(std::string_view zip, const fs::path& folder, const Limits& limits,
                           Permissions permissions) {
  return unpack_archive(open_bytes(zip).get(), folder, limits, permissions);
}

std::uint64_t check_bytes(std::string_view zip, const Limits& limits) {
  const Archive opened = open_bytes(zip);
  const std::vector<Entry> entries = read_entries(opened.get(), limits);
  std::uint64_t left = limits.bytes;
  read_links(opened.get(), entries, left, limits);
  for (const Entry& entry : entries) {
    if (!entry.folder && !entry.link)
      inflate(opened.get(), entry.index, left, [](std::string_view) {});
  }
  return entries.size();
}

std::optional<std::string> read_entry(const fs::path& zip, std::string_view name,
                                      std::uint64_t limit_bytes) {
  const Archive opened = open_file(zip);
  const zip_int64_t index = zip_name_locate(opened.get(), std::string(name).c_str(), 0);
  if (index < 0) return std::nullopt;
  const Entry entry = describe(opened.get(), static_cast<zip_uint64_t>(index));
  if (entry.folder || entry.link) return std::nullopt;
  std::string content;
  inflate(opened.get(), entry.index, limit_bytes,
          [&](std::string_view piece) { content.append(piece); });
  return content;
}

}  // namespace tandem::archive
