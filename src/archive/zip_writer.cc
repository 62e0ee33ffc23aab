#include "archive/zip_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <exception>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <zip.h>

namespace tandem::archive {
namespace {

namespace fs = std::filesystem;

constexpr zip_int64_t supported(std::initializer_list<zip_source_cmd_t> commands) {
  zip_int64_t bits = 0;
  for (const zip_source_cmd_t command : commands) bits |= ZIP_SOURCE_MAKE_COMMAND_BITMASK(command);
  return bits;
}

zip_int64_t fail(zip_error_t& error, int kind) {
  zip_error_set(&error, kind, errno);
  return -1;
}

/// The file that is written, as libzip sees it. libzip's own would make it by the umask.
struct Target {
  net::Descriptor file;
  off_t read_at = 0;
  zip_error_t error{};

  zip_int64_t move(off_t& at, void* data, zip_uint64_t length) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return fail(error, ZIP_ER_SEEK);
    const zip_int64_t to = zip_source_seek_compute_offset(static_cast<zip_uint64_t>(at),
                                                          static_cast<zip_uint64_t>(about.st_size),
                                                          data, length, &error);
    if (to < 0) return -1;
    at = to;
    return 0;
  }

  zip_int64_t seek_write(void* data, zip_uint64_t length) {
    off_t at = ::lseek(file.get(), 0, SEEK_CUR);
    if (move(at, data, length) < 0) return -1;
    return ::lseek(file.get(), at, SEEK_SET) < 0 ? fail(error, ZIP_ER_SEEK) : 0;
  }

  zip_int64_t write(const char* data, zip_uint64_t length) {
    zip_uint64_t done = 0;
    while (done < length) {
      const ssize_t wrote = ::write(file.get(), data + done, length - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return fail(error, ZIP_ER_WRITE);
      done += static_cast<zip_uint64_t>(wrote);
    }
    return static_cast<zip_int64_t>(done);
  }

  zip_int64_t read(void* data, zip_uint64_t length) {
    const ssize_t got = ::pread(file.get(), data, length, read_at);
    if (got < 0) return fail(error, ZIP_ER_READ);
    read_at += got;
    return got;
  }
};

zip_int64_t target_call(void* given, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto& target = *static_cast<Target*>(given);
  switch (command) {
    case ZIP_SOURCE_SUPPORTS:
      return supported({ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                        ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
                        ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_COMMIT_WRITE, ZIP_SOURCE_ROLLBACK_WRITE,
                        ZIP_SOURCE_WRITE, ZIP_SOURCE_SEEK_WRITE, ZIP_SOURCE_TELL_WRITE,
                        ZIP_SOURCE_REMOVE});
    case ZIP_SOURCE_OPEN:
      target.read_at = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return target.read(data, length);
    case ZIP_SOURCE_SEEK:
      return target.move(target.read_at, data, length);
    case ZIP_SOURCE_TELL:
      return target.read_at;
    case ZIP_SOURCE_WRITE:
      return target.write(static_cast<const char*>(data), length);
    case ZIP_SOURCE_SEEK_WRITE:
      return target.seek_write(data, length);
    case ZIP_SOURCE_TELL_WRITE:
      return ::lseek(target.file.get(), 0, SEEK_CUR);
    case ZIP_SOURCE_STAT: {
      auto* stat = static_cast<zip_stat_t*>(data);
      zip_stat_init(stat);
      struct stat about {};
      if (::fstat(target.file.get(), &about) != 0) return fail(target.error, ZIP_ER_READ);
      stat->size = static_cast<zip_uint64_t>(about.st_size);
      stat->valid = ZIP_STAT_SIZE;
      return sizeof(*stat);
    }
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&target.error, data, length);
    default:  // beginnings and ends, of which there is nothing to do
      return 0;
  }
}

/// One file that is added, as libzip sees it.
struct Content {
  ZipWriter::Open open;
  const ZipWriter::Step& step;
  std::exception_ptr& escaped;
  net::Descriptor file;
  zip_error_t error{};

  zip_int64_t begin() {
    try {
      file = open();
    } catch (...) {
      escaped = std::current_exception();
      return fail(error, ZIP_ER_OPEN);
    }
    return 0;
  }

  zip_int64_t read(void* data, zip_uint64_t length) {
    ssize_t got = -1;
    do {
      got = ::read(file.get(), data, length);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(error, ZIP_ER_READ);
    try {
      if (step) step(static_cast<std::uint64_t>(got));
    } catch (...) {
      escaped = std::current_exception();
      errno = ECANCELED;
      return fail(error, ZIP_ER_READ);
    }
    return got;
  }
};

zip_int64_t content_call(void* given, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto& content = *static_cast<Content*>(given);
  switch (command) {
    case ZIP_SOURCE_SUPPORTS:
      return supported({ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                        ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE});
    case ZIP_SOURCE_OPEN:
      return content.begin();
    case ZIP_SOURCE_READ:
      return content.read(data, length);
    case ZIP_SOURCE_CLOSE:
      content.file = net::Descriptor();
      return 0;
    case ZIP_SOURCE_STAT:
      // A file's size may be another by the time it is read: nothing is promised.
      zip_stat_init(static_cast<zip_stat_t*>(data));
      return sizeof(zip_stat_t);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&content.error, data, length);
    default:
      return 0;
  }
}

[[noreturn]] void failed(const zip_error_t& error, const fs::path& file) {
  const int number = zip_error_code_system(&error);
  if (zip_error_system_type(&error) == ZIP_ET_SYS && number != 0) {
    throw std::system_error(number, std::generic_category(), file.string());
  }
  zip_error_t copy = error;
  throw std::runtime_error(file.string() + ": " + zip_error_strerror(&copy));
}

}  // namespace

struct ZipWriter::State {
  fs::path file;
  Step step;
  Target target;
  zip_t* archive = nullptr;
  std::deque<Content> contents;   // libzip keeps pointers to them
  std::deque<std::string> texts;  // likewise
  std::exception_ptr escaped;

  void put(std::string_view name, zip_source_t* source, mode_t mode) {
    const zip_int64_t index = source == nullptr ? -1
                                                : zip_file_add(archive, std::string(name).c_str(),
                                                               source, ZIP_FL_OVERWRITE);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      failed(*zip_get_error(archive), file);
    }
    set_mode(index, mode);
  }

  void set_mode(zip_int64_t index, mode_t mode) {
    zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0, ZIP_OPSYS_UNIX,
                                     static_cast<zip_uint32_t>(mode) << 16);
  }
};

ZipWriter::ZipWriter(fs::path file, Step step) : state_(std::make_unique<State>()) {
  state_->step = std::move(step);
  State& state = *state_;
  state.file = std::move(file);
  state.target.file =
      net::Descriptor(::open(state.file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (state.target.file.get() < 0) {
    throw std::system_error(errno, std::generic_category(), state.file.string());
  }
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_function_create(&target_call, &state.target, &error);
  if (source != nullptr) {
    state.archive = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (state.archive == nullptr) zip_source_free(source);
  }
  if (state.archive == nullptr) failed(error, state.file);
}

ZipWriter::~ZipWriter() {
  if (state_->archive == nullptr) return;
  zip_discard(state_->archive);
  std::error_code ignored;
  fs::remove(state_->file, ignored);
}

void ZipWriter::add(std::string_view name, Open open, mode_t mode) {
  State& state = *state_;
  Content& content = state.contents.emplace_back(
      Content{std::move(open), state.step, state.escaped, net::Descriptor()});
  state.put(name, zip_source_function(state.archive, &content_call, &content),
            S_IFREG | (mode & 0777));
}

void ZipWriter::add_text(std::string_view name, std::string content) {
  const std::string& text = state_->texts.emplace_back(std::move(content));
  state_->put(name, zip_source_buffer(state_->archive, text.data(), text.size(), 0),
              S_IFREG | 0644);
}

void ZipWriter::add_folder(std::string_view name) {
  const zip_int64_t index = zip_dir_add(state_->archive, std::string(name).c_str(), 0);
  if (index >= 0) state_->set_mode(index, S_IFDIR | 0755);
}

void ZipWriter::add_link(std::string_view name, std::string_view target) {
  const std::string& text = state_->texts.emplace_back(target);
  state_->put(name, zip_source_buffer(state_->archive, text.data(), text.size(), 0),
              S_IFLNK | 0777);
}

void ZipWriter::close() {
  State& state = *state_;
  if (zip_get_num_entries(state.archive, 0) == 0) {
    // libzip makes no file of an archive without entries: it is the end record alone (APPNOTE.TXT
    // 4.3.16).
    std::string end("PK\x05\x06", 4);
    end.resize(22, '\0');
    if (state.target.write(end.data(), end.size()) < 0) failed(state.target.error, state.file);
    zip_discard(std::exchange(state.archive, nullptr));
    return;
  }
  if (zip_close(state.archive) == 0) {
    state.archive = nullptr;
    return;
  }
  if (state.escaped) std::rethrow_exception(state.escaped);
  failed(*zip_get_error(state.archive), state.file);
}

}  // namespace tandem::archive
