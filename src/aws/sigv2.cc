#include "aws/sigv2.h"

#include <algorithm>
#include <array>
#include <map>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <vector>

#include "aws/error.h"
#include "core/bytes.h"
#include "core/check.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using Field = std::pair<std::string, std::optional<std::string>>;

/// In the order they came, decoded.
std::vector<Field> fields_of(const net::HttpRequest& request) {
  std::vector<Field> fields;
  for (const auto part : core::split(request.query(), '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    std::string name = core::percent_decode(part.substr(0, equals));
    if (equals == std::string_view::npos) {
      fields.emplace_back(std::move(name), std::nullopt);
    } else {
      fields.emplace_back(std::move(name), core::percent_decode(part.substr(equals + 1)));
    }
  }
  return fields;
}

std::optional<std::string> field(const std::vector<Field>& fields, std::string_view name) {
  for (const auto& [known, value] : fields) {
    if (core::equals_ignoring_case(known, name) && value) return value;
  }
  return std::nullopt;
}

/// "CanonicalizedResource": the sub-resources and overrides that are signed with the path.
bool is_signed_with_path(std::string_view name) {
  constexpr std::array<std::string_view, 35> kNames{"accelerate",
                                                    "acl",
                                                    "analytics",
                                                    "cors",
                                                    "delete",
                                                    "inventory",
                                                    "lifecycle",
                                                    "location",
                                                    "logging",
                                                    "metrics",
                                                    "notification",
                                                    "object-lock",
                                                    "partNumber",
                                                    "policy",
                                                    "replication",
                                                    "requestPayment",
                                                    "restore",
                                                    "select",
                                                    "select-type",
                                                    "storageClass",
                                                    "tagging",
                                                    "torrent",
                                                    "uploadId",
                                                    "uploads",
                                                    "versionId",
                                                    "versioning",
                                                    "versions",
                                                    "website",
                                                    "encryption",
                                                    "response-cache-control",
                                                    "response-content-disposition",
                                                    "response-content-encoding",
                                                    "response-content-language",
                                                    "response-content-type",
                                                    "response-expires"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// The header, or what a URL carries in place of it.
std::string header_or_field(const net::HttpRequest& request, const std::vector<Field>& fields,
                            std::string_view name) {
  if (const auto header = request.headers.get(name)) return std::string(core::trim(*header));
  return field(fields, name).value_or("");
}

std::string canonical_amz_headers(const net::HttpRequest& request,
                                  const std::vector<Field>& fields) {
  std::map<std::string, std::string> headers;
  const auto add = [&](std::string_view name, std::string_view value) {
    std::string lower = core::to_lower(name);
    if (!lower.starts_with("x-amz-")) return;
    std::string& all = headers[std::move(lower)];
    if (!all.empty()) all += ',';
    all += core::trim(value);
  };
  for (const auto& [name, value] : request.headers) add(name, value);
  for (const auto& [name, value] : fields) {
    if (!headers.contains(core::to_lower(name))) add(name, value.value_or(""));
  }
  std::string text;
  for (const auto& [name, value] : headers) text += name + ':' + value + '\n';
  return text;
}

std::string canonical_resource(std::string_view path, std::vector<Field> fields) {
  std::string text(path);
  std::erase_if(fields, [](const Field& each) { return !is_signed_with_path(each.first); });
  std::stable_sort(fields.begin(), fields.end(),
                   [](const Field& a, const Field& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < fields.size(); ++i) {
    text += i == 0 ? '?' : '&';
    text += fields[i].first;
    if (fields[i].second) text += '=' + *fields[i].second;
  }
  return text;
}

std::string sign(std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  CHECK(HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(),
             &size) != nullptr);
  return core::base64_encode({reinterpret_cast<const char*>(mac.data()), size});
}

}  // namespace

std::optional<QuerySignature2> parse_signature_version_2(const net::HttpRequest& request) {
  if (request.headers.contains("Authorization")) return std::nullopt;
  if (request.query().find("AWSAccessKeyId=") == std::string_view::npos) return std::nullopt;
  const auto fields = fields_of(request);
  const auto key = field(fields, "AWSAccessKeyId");
  const auto signature = field(fields, "Signature");
  const auto expires = field(fields, "Expires");
  if (!key || !signature || !expires) {
    throw ApiError(403, "AccessDenied",
                   "Query-string authentication requires the Signature, Expires and "
                   "AWSAccessKeyId parameters");
  }
  const auto seconds = core::parse_int(*expires);
  if (!seconds) {
    throw ApiError(403, "AccessDenied",
                   "Invalid date (should be seconds since epoch): " + *expires);
  }
  return QuerySignature2{*key, *signature, *seconds,
                         header_or_field(request, fields, "x-amz-security-token")};
}

bool takes_signature_version_2(std::string_view region) {
  constexpr std::array<std::string_view, 8> kRegions{
      "us-east-1",      "us-west-1",      "us-west-2", "ap-northeast-1",
      "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1"};
  return std::find(kRegions.begin(), kRegions.end(), region) != kRegions.end();
}

void check_signature_version_2_time(const QuerySignature2& signature, std::int64_t now_s) {
  if (now_s > signature.expires_s) throw ApiError(403, "AccessDenied", "Request has expired");
}

void verify_signature_version_2(const net::HttpRequest& request, const QuerySignature2& signature,
                                std::string_view resource, std::string_view secret,
                                std::int64_t now_s) {
  check_signature_version_2_time(signature, now_s);
  const auto fields = fields_of(request);
  std::string text = request.method + '\n';
  text += header_or_field(request, fields, "Content-MD5") + '\n';
  text += header_or_field(request, fields, "Content-Type") + '\n';
  text += std::to_string(signature.expires_s) + '\n';
  text += canonical_amz_headers(request, fields);
  text += canonical_resource(resource, fields);
  if (core::equal_constant_time(sign(secret, text), signature.signature)) return;
  throw ApiError(403, "InvalidSignatureException",
                 "The request signature we calculated does not match the signature you provided. "
                 "Check your key and signing method.");
}

}  // namespace tandem::aws
