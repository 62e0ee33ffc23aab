#include "services/lambda/code/zip.h"

#include <fmt/format.h>
#include <unistd.h>

#include "archive/unpack.h"
#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;
using archive::ArchiveError;

constexpr std::string_view kCannotUnzip =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";
constexpr std::string_view kEmpty = "Uploaded file must be a non-empty zip";

/// An archive's fault in Lambda's words.
aws::ApiError refusal(const ArchiveError& error, const ZipLimits& limits) {
  switch (error.fault()) {
    case ArchiveError::Fault::kTooBig:
      return errors::invalid_parameter(
          fmt::format("Unzipped size must be smaller than {} bytes", limits.unzipped_bytes));
    case ArchiveError::Fault::kUnsafe:
      return errors::invalid_parameter(
          fmt::format("{} (entry '{}' leaves the package)", kCannotUnzip, error.entry()));
    case ArchiveError::Fault::kBroken:
      break;
  }
  return errors::invalid_parameter(std::string(kCannotUnzip));
}

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

/// "Lambda requires global read permissions on code files" (AWS Knowledge Center, "lambda
/// deployment package errors"): there a function is nobody who owns them, and so it is here where
/// we are root. As an ordinary user it is us, who have to read all of them.
archive::Permissions permissions() {
  return ::geteuid() == 0 ? archive::Permissions::kAsArchived : archive::Permissions::kReadable;
}

/// read(limits) gives the number of entries.
template <class Read>
void read_package(const std::string& package, const ZipLimits& limits, const Read& read) {
  if (says_it_is_empty(package)) throw errors::invalid_parameter(std::string(kEmpty));
  try {
    // "Smaller than": a package of just that size is refused.
    const std::uint64_t entries =
        read(archive::Limits{.bytes = static_cast<std::uint64_t>(limits.unzipped_bytes) - 1,
                             .entries = static_cast<std::uint64_t>(limits.entries)});
    if (entries == 0) throw errors::invalid_parameter(std::string(kEmpty));
  } catch (const ArchiveError& error) {
    throw refusal(error, limits);
  }
}

}  // namespace

void unzip(const std::string& package, const fs::path& folder, ZipLimits limits) {
  fs::create_directories(folder.parent_path());
  const fs::path temporary = folder.string() + ".partial";
  fs::remove_all(temporary);
  fs::create_directory(temporary);
  try {
    read_package(package, limits, [&](const archive::Limits& given) {
      return archive::unpack_bytes(package, temporary, given, permissions());
    });
    fs::rename(temporary, folder);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
}

void check_zip(const std::string& package, ZipLimits limits) {
  read_package(package, limits,
               [&](const archive::Limits& given) { return archive::check_bytes(package, given); });
}

}  // namespace tandem::lambda
