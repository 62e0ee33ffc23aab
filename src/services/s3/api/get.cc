// GetObject, HeadObject and what else reads one object.
#include "services/s3/api/content.h"
#include "services/s3/errors.h"
#include "services/s3/model/encryption.h"

namespace tandem::s3::api {
namespace {

// An object overwritten while it is read is read again; nobody is overtaken this often.
constexpr int kMaxOvertaken = 5;

struct Reading {
  Object object;
  ByteRange range;
  Reply reply;
  bool not_modified = false;
};

void override_headers(const json::object& input, json::object& output) {
  for (const std::string_view member : {"CacheControl", "ContentDisposition", "ContentEncoding",
                                        "ContentLanguage", "ContentType", "Expires"}) {
    const auto* value = json::find(input, "Response" + std::string(member));
    if (value != nullptr) output[member] = *value;
  }
}

/// Everything about the answer but the content.
Reading open(const Scope& scope, const RequestContext& context, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const std::string key = require_key(input);
  Reading reading;
  const Object& object = reading.object = require_object(scope, context, bucket, key, input);
  reading.range = {0, object.size};
  Reply& reply = reading.reply;
  reply.output = {{"ETag", object.etag}, {"LastModified", object.last_modified_s}};
  add_version(scope, bucket, object, reply.output);
  if (judge_read(read_conditions(input), object.etag, object.last_modified_s) ==
      ReadVerdict::kNotModified) {
    reply.status = 304;
    reading.not_modified = true;
    return reading;
  }
  std::optional<ByteRange> range;
  if (const auto header = json::find_string(input, "Range")) {
    range = parse_range(*header, object.size);
  }
  for (const auto& [member, value] : object.properties) reply.output[member] = value;
  override_headers(input, reply.output);
  reply.output["AcceptRanges"] = "bytes";
  add_encryption(object.encryption, reply.output);
  if (range) {
    reading.range = *range;
    reply.status = 206;
    reply.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                   range->first + range->length - 1, object.size));
  } else if (json::string_or(input, "ChecksumMode") == "ENABLED") {
    add_checksums(object.checksums, reply);
  }
  reply.output["ContentLength"] = reading.range.length;
  return reading;
}

}  // namespace

Task<Reply> get_object(Scope* scope, RequestContext* context, json::object input) {
  for (int attempt = 0; attempt < kMaxOvertaken; ++attempt) {
    Reading reading = open(*scope, *context, input);
    if (reading.not_modified) co_return std::move(reading.reply);
    const bool there =
        co_await deliver(scope, range_of(reading.object, reading.range), &reading.reply);
    if (there) co_return std::move(reading.reply);
    require_replaced(*scope, json::string_or(input, "Bucket"), json::string_or(input, "Key"),
                     reading.object);
  }
  throw internal_error();
}

Reply head_object(Scope& scope, RequestContext& context, const json::object& input) {
  return open(scope, context, input).reply;
}

Reply get_object_tagging(Scope& scope, RequestContext& context, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const Object object = require_object(scope, context, bucket, require_key(input), input);
  // Objects cannot be tagged here, so none is.
  json::object output{{"TagSet", json::array()}};
  add_version(scope, bucket, object, output);
  return output;
}

}  // namespace tandem::s3::api
