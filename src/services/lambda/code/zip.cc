#include "services/lambda/code/zip.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>
#include <zip.h>

#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytes = 1'024;
constexpr std::size_t kPieceBytes = 64 * 1024;

aws::ApiError broken() {
  return errors::invalid_parameter(
      "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

aws::ApiError unsafe(std::string_view name) {
  return errors::invalid_parameter(fmt::format(
      "Could not unzip uploaded file. Please check your file, then try to upload again. (entry "
      "'{}' leaves the package)",
      name.substr(0, 200)));
}

aws::ApiError too_big(std::int64_t limit) {
  return errors::invalid_parameter(
      fmt::format("Unzipped size must be smaller than {} bytes", limit));
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using ArchiveFile = std::unique_ptr<zip_file_t, Discard>;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// Lambda adds up what the archive's directory says of its files (APPNOTE.TXT 4.3.12 and 4.3.16)
/// before it looks into them: nothing in all is an empty archive, whatever the files hold.
bool says_it_is_empty(std::string_view bytes) {
  constexpr std::size_t kEndBytes = 22;
  constexpr std::size_t kHeaderBytes = 46;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  if (end == std::string_view::npos || end + kEndBytes > bytes.size()) return false;
  std::size_t at = number_at(bytes, end + 16, 4);
  for (std::uint64_t left = number_at(bytes, end + 10, 2); left > 0; --left) {
    if (at + kHeaderBytes > bytes.size() || bytes.substr(at, 4) != "PK\x01\x02") return false;
    if (number_at(bytes, at + 24, 4) != 0) return false;
    at += kHeaderBytes + number_at(bytes, at + 28, 2) + number_at(bytes, at + 30, 2) +
          number_at(bytes, at + 32, 2);
  }
  return true;
}

/// Borrows bytes.
Archive open_archive(const std::string& bytes) {
  if (says_it_is_empty(bytes)) {
    throw errors::invalid_parameter("Uploaded file must be a non-empty zip");
  }
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = nullptr;
  if (source != nullptr) {
    archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (archive == nullptr) zip_source_free(source);
  }
  zip_error_fini(&error);
  if (archive == nullptr) throw broken();
  return Archive(archive);
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
    throw unsafe(name);
  }
  fs::path path;
  for (const fs::path& part : fs::path(name)) {
    if (part == "..") throw unsafe(name);
    if (part.empty() || part == ".") continue;
    path /= part;
  }
  return path;
}

Entry read_entry(zip_t* archive, zip_uint64_t index) {
  zip_stat_t stat;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0) throw broken();
  if ((stat.valid & ZIP_STAT_NAME) == 0) throw broken();
  if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE) {
    throw broken();
  }
  const std::string_view name = stat.name;
  Entry entry{index, safe_path(name), 0644, name.ends_with('/'), false};
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0) {
    throw broken();
  }
  if (system == ZIP_OPSYS_UNIX || system == ZIP_OPSYS_OS_X) {
    const mode_t mode = attributes >> 16;
    if ((mode & 0777) != 0) entry.mode = mode & 0777;
    entry.link = S_ISLNK(mode);
    entry.folder = entry.folder || S_ISDIR(mode);
    const bool special = (mode & S_IFMT) != 0 && !S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode);
    if (special) throw unsafe(name);
  }
  return entry;
}

std::vector<Entry> read_entries(zip_t* archive, const ZipLimits& limits) {
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  if (count > limits.entries) throw too_big(limits.unzipped_bytes);
  std::vector<Entry> entries;
  zip_uint64_t declared = 0;
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t stat;
    if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0) throw broken();
    if ((stat.valid & ZIP_STAT_SIZE) != 0) {
      if (stat.size > static_cast<zip_uint64_t>(limits.unzipped_bytes)) {
        throw too_big(limits.unzipped_bytes);
      }
      declared += stat.size;
    }
    entries.push_back(read_entry(archive, index));
  }
  if (declared >= static_cast<zip_uint64_t>(limits.unzipped_bytes)) {
    throw too_big(limits.unzipped_bytes);
  }
  if (entries.empty()) throw errors::invalid_parameter("Uploaded file must be a non-empty zip");
  return entries;
}

/// Inflates one entry piece by piece into take(). budget counts what really comes out.
template <class Take>
void inflate(zip_t* archive, const Entry& entry, std::int64_t& budget, std::int64_t limit,
             const Take& take) {
  const ArchiveFile file(zip_fopen_index(archive, entry.index, 0));
  if (file == nullptr) throw broken();
  std::vector<char> piece(kPieceBytes);
  while (true) {
    const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
    if (got < 0) throw broken();  // a wrong checksum ends here too
    if (got == 0) return;
    budget -= got;
    if (budget <= 0) throw too_big(limit);
    take(std::string_view(piece.data(), static_cast<std::size_t>(got)));
  }
}

[[noreturn]] void disk_failed(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

void write_all(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) disk_failed(path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

/// Unpacks one archive; links come last, so that no file is ever written through one.
class Unpacker {
 public:
  Unpacker(zip_t* archive, const fs::path& folder, const ZipLimits& limits)
      : archive_(archive), folder_(folder), limit_(limits.unzipped_bytes), budget_(limit_) {}

  void run(const std::vector<Entry>& entries) {
    open_folder("");
    for (const Entry& entry : entries) {
      if (entry.folder) make_folders(entry.path);
    }
    for (const Entry& entry : entries) {
      if (!entry.folder && !entry.link) write_file(entry);
    }
    for (const Entry& entry : entries) {
      if (!entry.folder && entry.link) make_link(entry);
    }
  }

 private:
  void make_folders(const fs::path& path) {
    std::error_code error;
    fs::create_directories(folder_ / path, error);
    for (fs::path each = path; !error && !each.empty(); each = each.parent_path())
      open_folder(each);
    if (error == std::errc::not_a_directory || error == std::errc::file_exists) throw broken();
    if (error == std::errc::filename_too_long) throw broken();
    if (error) throw std::system_error(error, path.string());
  }

  void write_file(const Entry& entry) {
    make_folders(entry.path.parent_path());
    const fs::path target = folder_ / entry.path;
    // Writable for us, and for whoever the function runs as readable, and executable when it is so
    // for anybody, whatever the archive says: packages are zipped under all kinds of umasks.
    const mode_t mode = entry.mode | 0644 | ((entry.mode & 0111) != 0 ? 0111 : 0);
    const Descriptor file(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
    if (file.number() < 0) {
      if (errno == EISDIR || errno == ENAMETOOLONG || errno == ENOTDIR) throw broken();
      disk_failed(target);
    }
    inflate(archive_, entry, budget_, limit_,
            [&](std::string_view piece) { write_all(file.number(), piece, target); });
    if (::fchmod(file.number(), mode) != 0) disk_failed(target);
  }

  void make_link(const Entry& entry) {
    std::string to;
    inflate(archive_, entry, budget_, limit_, [&](std::string_view piece) {
      if (to.size() + piece.size() > kNameBytes) throw broken();
      to += piece;
    });
    const fs::path target = to;
    if (to.empty() || target.is_absolute() || to.find('\0') != std::string::npos) {
      throw unsafe(entry.path.string());
    }
    const fs::path resolved = (entry.path.parent_path() / target).lexically_normal();
    if (!resolved.empty() && *resolved.begin() == "..") throw unsafe(entry.path.string());
    make_folders(entry.path.parent_path());
    if (::symlink(to.c_str(), (folder_ / entry.path).c_str()) != 0) {
      if (errno == EEXIST) throw broken();
      disk_failed(folder_ / entry.path);
    }
  }

  /// Our umask may be of the careful kind; the function's user must get in.
  void open_folder(const fs::path& path) {
    const fs::path folder = folder_ / path;
    struct stat about {};
    if (::lstat(folder.c_str(), &about) != 0) disk_failed(folder);
    if (S_ISDIR(about.st_mode) && ::chmod(folder.c_str(), 0755) != 0) disk_failed(folder);
  }

  zip_t* archive_;
  const fs::path& folder_;
  std::int64_t limit_;
  std::int64_t budget_;
};

}  // namespace

void unzip(const std::string& archive, const fs::path& folder, ZipLimits limits) {
  const Archive opened = open_archive(archive);
  const std::vector<Entry> entries = read_entries(opened.get(), limits);
  fs::create_directories(folder.parent_path());
  const fs::path temporary = folder.string() + ".partial";
  fs::remove_all(temporary);
  fs::create_directory(temporary);
  try {
    Unpacker(opened.get(), temporary, limits).run(entries);
    fs::rename(temporary, folder);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
}

void check_zip(const std::string& archive, ZipLimits limits) {
  const Archive opened = open_archive(archive);
  std::int64_t budget = limits.unzipped_bytes;
  for (const Entry& entry : read_entries(opened.get(), limits)) {
    if (entry.folder) continue;
    inflate(opened.get(), entry, budget, limits.unzipped_bytes, [](std::string_view) {});
  }
}

}  // namespace tandem::lambda
