#include "services/s3/model/names.h"

#include <algorithm>

#include "core/bytes.h"
#include "core/text.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

constexpr std::size_t kMaxKey = 1024;

bool alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool looks_like_ip_address(std::string_view name) {
  const auto parts = core::split(name, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return core::parse_uint(part).has_value();
         });
}

}  // namespace

bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  if (!alphanumeric(name.front()) || !alphanumeric(name.back())) return false;
  for (const char c : name) {
    if (!alphanumeric(c) && c != '-' && c != '.') return false;
  }
  if (name.find("..") != std::string_view::npos || looks_like_ip_address(name)) return false;
  for (const std::string_view prefix : {"xn--", "sthree-", "amzn-s3-demo-"}) {
    if (name.starts_with(prefix)) return false;
  }
  for (const std::string_view suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}) {
    if (name.ends_with(suffix)) return false;
  }
  return true;
}

void check_key(std::string_view key) {
  if (key.size() > kMaxKey) throw errors::key_too_long(key.size(), kMaxKey);
}

SourceName parse_copy_source(std::string_view source) {
  constexpr std::string_view kVersion = "?versionId=";
  std::string version;
  // A '?' of the key's own is percent-encoded, but not by everybody.
  if (const auto query = source.find(kVersion); query != std::string_view::npos) {
    version = core::percent_decode(source.substr(query + kVersion.size()));
    if (version.empty()) throw errors::invalid_version("", "x-amz-copy-source");
    source = source.substr(0, query);
  }
  std::string decoded = core::percent_decode(source);
  if (decoded.starts_with('/')) decoded.erase(0, 1);
  const auto slash = decoded.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == decoded.size()) {
    throw errors::invalid_argument(
        "Copy Source must mention the source bucket and key: "
        "sourcebucket/sourcekey",
        "x-amz-copy-source", source);
  }
  return {{decoded.substr(0, slash), decoded.substr(slash + 1)}, std::move(version)};
}

std::string canonical_user(std::string_view account) {
  return core::hex_encode(core::sha256("canonical user of account " + std::string(account)));
}

}  // namespace tandem::s3
