#include "services/acm/store/certificates.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace tandem::acm {
namespace {

/// Never seen half-written, and never with more permissions than 0600.
void write_secret(const std::filesystem::path& path, std::string_view text) {
  const std::string temporary = path.string() + ".new";
  ::unlink(temporary.c_str());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), temporary);
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool whole = written == text.size() && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!whole) throw std::system_error(error, std::generic_category(), temporary);
  std::filesystem::rename(temporary, path);
}

}  // namespace

Certificates::Certificates(store::Store& store, std::filesystem::path folder)
    : documents_(store, "certificate"), folder_(std::move(folder)) {}

void Certificates::put_with_key(const std::string& id, const json::object& record,
                                std::string_view key_pem) {
  std::filesystem::create_directories(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  write_secret(key_path(id), key_pem);
  documents_.put(id, record);
}

void Certificates::erase(const std::string& id) {
  documents_.erase(id);
  std::error_code ignored;  // the record is gone; a key without one is never read
  std::filesystem::remove(key_path(id), ignored);
}

std::optional<std::string> Certificates::private_key(const std::string& id) const {
  std::ifstream file(key_path(id), std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace tandem::acm
