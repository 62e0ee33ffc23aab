#include "services/s3/model/integrity.h"

#include <array>

#include "core/bytes.h"
#include "core/text.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

using aws::ChecksumAlgorithm;

struct Row {
  ChecksumAlgorithm algorithm;
  std::string_view member;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array kRows = std::to_array<Row>({
    {ChecksumAlgorithm::kCrc32, "ChecksumCRC32", "CRC32", 4},
    {ChecksumAlgorithm::kCrc32c, "ChecksumCRC32C", "CRC32C", 4},
    {ChecksumAlgorithm::kCrc64Nvme, "ChecksumCRC64NVME", "CRC64NVME", 8},
    {ChecksumAlgorithm::kSha1, "ChecksumSHA1", "SHA1", 20},
    {ChecksumAlgorithm::kSha256, "ChecksumSHA256", "SHA256", 32},
});

const Row& row_of(ChecksumAlgorithm algorithm) {
  for (const Row& row : kRows) {
    if (row.algorithm == algorithm) return row;
  }
  CHECK(false);
}

std::optional<std::string> given_checksum(const Row& row, const json::object& input,
                                          const net::HttpRequest* http) {
  if (auto value = json::find_string(input, row.member)) return value;
  if (http == nullptr) return std::nullopt;
  const auto header = http->headers.get(aws::checksum_header(row.algorithm));
  return header ? std::optional<std::string>(*header) : std::nullopt;
}

aws::ApiError several_checksums() {
  return errors::invalid_request(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
}

std::optional<ChecksumAlgorithm> trailing_checksum(const net::HttpRequest& http) {
  std::optional<ChecksumAlgorithm> found;
  for (const auto promised : core::split(http.headers.get_or("x-amz-trailer"), ',')) {
    const auto algorithm = aws::checksum_algorithm(core::trim(promised));
    if (!algorithm) continue;
    if (found) throw several_checksums();
    found = algorithm;
  }
  return found;
}

}  // namespace

ExpectedDigests read_digests(const json::object& input, const net::HttpRequest* http,
                             Trailers trailers) {
  ExpectedDigests expected;
  if (const auto md5 = json::find_string(input, "ContentMD5")) {
    expected.md5 = core::base64_decode(*md5);
    if (!expected.md5 || expected.md5->size() != 16) throw errors::invalid_digest(*md5);
  }
  if (http != nullptr && trailers == Trailers::kToCome)
    expected.trailing = trailing_checksum(*http);
  for (const Row& row : kRows) {
    const auto value = given_checksum(row, input, http);
    if (!value) continue;
    if (expected.checksum || expected.trailing) throw several_checksums();
    const auto bytes = core::base64_decode(*value);
    if (!bytes || bytes->size() != row.bytes) {
      throw errors::invalid_request(
          fmt::format("Value for {} header is invalid.", aws::checksum_header(row.algorithm)));
    }
    expected.checksum = {row.algorithm, *value};
  }
  if (input.contains("ChecksumAlgorithm") && !expected.checksum && !expected.trailing) {
    throw errors::invalid_request(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
        "x-amz-trailer headers were found.");
  }
  return expected;
}

Digesting::Digesting(ExpectedDigests expected) : expected_(std::move(expected)) {
  if (expected_.checksum) checksum_.emplace(expected_.checksum->algorithm);
}

void Digesting::update(std::string_view bytes) {
  md5_.update(bytes);
  if (checksum_) checksum_->update(bytes);
}

Digests Digesting::finish(const net::Headers& trailers) {
  Digests digests;
  digests.md5 = md5_.finish();
  if (expected_.md5 && *expected_.md5 != digests.md5) throw errors::bad_digest("Content-MD5");
  if (expected_.checksum) {
    const auto& [algorithm, value] = *expected_.checksum;
    if (checksum_->base64() != value) throw errors::bad_digest(row_of(algorithm).name);
    digests.checksum = expected_.checksum;
  }
  if (expected_.trailing) {
    // Only an aws-chunked body has trailers; one that was promised and is none is a lie.
    const auto value = trailers.get(aws::checksum_header(*expected_.trailing));
    if (!value) throw errors::malformed_trailer();
    digests.checksum = {*expected_.trailing, std::string(*value)};
  }
  return digests;
}

Digests verify(const ExpectedDigests& expected, std::string_view content) {
  Digesting digesting(expected);
  digesting.update(content);
  return digesting.finish({});
}

std::string etag_of(std::string_view md5) { return '"' + core::hex_encode(md5) + '"'; }

json::object checksum_document(const std::optional<ExpectedChecksum>& checksum) {
  json::object document;
  if (checksum) document[checksum_member(checksum->algorithm)] = checksum->value;
  return document;
}

std::string_view checksum_type(const json::object& checksums) {
  if (checksums.empty()) return "";
  const bool of_parts = json::to_std(checksums.begin()->value()).find('-') != std::string::npos;
  return of_parts ? "COMPOSITE" : "FULL_OBJECT";
}

json::array checksum_algorithms(const json::object& checksums) {
  json::array names;
  for (const Row& row : kRows) {
    if (checksums.contains(row.member)) names.push_back(json::string(row.name));
  }
  return names;
}

std::string_view checksum_member(ChecksumAlgorithm algorithm) { return row_of(algorithm).member; }

std::optional<ChecksumAlgorithm> algorithm_of(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.member == name || row.name == name) return row.algorithm;
  }
  return std::nullopt;
}

}  // namespace tandem::s3
