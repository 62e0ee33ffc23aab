#include "services/s3/model/parts.h"

#include "core/bytes.h"
#include "core/text.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

std::string_view unquoted(std::string_view tag) {
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
    return tag.substr(1, tag.size() - 2);
  return tag;
}

void check_checksums(const json::object& named, const Part& part) {
  for (const auto& [member, value] : named) {
    if (!algorithm_of(member)) continue;
    const auto* stored = part.checksums.if_contains(member);
    if (stored == nullptr || *stored != value) throw errors::invalid_part();
  }
}

}  // namespace

json::object Part::to_document() const {
  return {{"Blob", blob},
          {"Size", size},
          {"ETag", etag},
          {"LastModified", last_modified_s},
          {"Checksums", checksums}};
}

Part Part::from_document(const json::object& document) {
  Part part;
  part.blob = json::string_or(document, "Blob");
  part.size = static_cast<std::uint64_t>(json::int_or(document, "Size", 0));
  part.etag = json::string_or(document, "ETag");
  part.last_modified_s = json::int_or(document, "LastModified", 0);
  if (const auto* checksums = json::find_object(document, "Checksums")) part.checksums = *checksums;
  return part;
}

void check_part_number(std::int64_t number) {
  if (number >= 1 && number <= kMaxPartNumber) return;
  throw errors::invalid_argument("Part number must be an integer between 1 and 10000, inclusive",
                                 "partNumber", std::to_string(number));
}

std::vector<Part> choose_parts(const json::object& input,
                               const std::map<std::int64_t, Part>& there) {
  const auto* upload = json::find_object(input, "MultipartUpload");
  const auto* named = upload != nullptr ? json::find_array(*upload, "Parts") : nullptr;
  if (named == nullptr || named->empty() ||
      named->size() > static_cast<std::size_t>(kMaxPartNumber)) {
    throw errors::malformed_xml();
  }
  std::vector<Part> chosen;
  std::int64_t previous = 0;
  for (const json::value& entry : *named) {
    const json::object& document = entry.as_object();
    const std::int64_t number = json::int_or(document, "PartNumber", 0);
    if (number <= previous) throw errors::invalid_part_order();
    previous = number;
    const auto part = there.find(number);
    if (part == there.end() ||
        unquoted(part->second.etag) != unquoted(json::string_or(document, "ETag"))) {
      throw errors::invalid_part();
    }
    check_checksums(document, part->second);
    chosen.push_back(part->second);
  }
  // Every part but the last.
  for (std::size_t i = 0; i + 1 < chosen.size(); ++i) {
    if (chosen[i].size < kMinPartBytes)
      throw errors::entity_too_small(chosen[i].size, kMinPartBytes);
  }
  return chosen;
}

std::string multipart_etag(const std::vector<Part>& parts) {
  std::string digests;
  for (const Part& part : parts) {
    digests += core::hex_decode(unquoted(part.etag)).value_or("");
  }
  return fmt::format("\"{}-{}\"", core::hex_encode(core::md5(digests)), parts.size());
}

json::object composite_checksum(const std::vector<Part>& parts) {
  if (parts.empty() || parts.front().checksums.empty()) return {};
  const std::string member(parts.front().checksums.begin()->key());
  const auto algorithm = algorithm_of(member);
  // CRC64NVME knows no composite form.
  if (!algorithm || *algorithm == aws::ChecksumAlgorithm::kCrc64Nvme) return {};
  std::string joined;
  for (const Part& part : parts) {
    const auto value = json::find_string(part.checksums, member);
    if (!value) return {};
    joined += core::base64_decode(*value).value_or("");
  }
  return {{member, fmt::format("{}-{}", aws::checksum_base64(*algorithm, joined), parts.size())}};
}

}  // namespace tandem::s3
