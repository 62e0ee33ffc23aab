#include "services/s3/model/conditions.h"

#include <algorithm>

#include "core/text.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

std::string_view unquoted(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
    return tag.substr(1, tag.size() - 2);
  return tag;
}

/// S3 takes entity tags with and without quotes.
bool names(std::string_view list, std::string_view etag) {
  for (const std::string_view item : core::split(list, ',')) {
    const std::string_view tag = core::trim(item);
    if (tag == "*" || unquoted(tag) == unquoted(etag)) return true;
  }
  return false;
}

bool modified_since(std::int64_t last_modified_s, std::int64_t since_s) {
  return last_modified_s > since_s;
}

}  // namespace

ReadVerdict judge_read(const ReadConditions& conditions, std::string_view etag,
                       std::int64_t last_modified_s) {
  // RFC 9110 §13.2.2: an entity tag condition makes the date beside it irrelevant.
  if (conditions.if_match) {
    if (!names(*conditions.if_match, etag)) throw errors::precondition_failed("If-Match");
  } else if (conditions.if_unmodified_since_s &&
             modified_since(last_modified_s, *conditions.if_unmodified_since_s)) {
    throw errors::precondition_failed("If-Unmodified-Since");
  }
  if (conditions.if_none_match) {
    if (names(*conditions.if_none_match, etag)) return ReadVerdict::kNotModified;
  } else if (conditions.if_modified_since_s &&
             !modified_since(last_modified_s, *conditions.if_modified_since_s)) {
    return ReadVerdict::kNotModified;
  }
  return ReadVerdict::kServe;
}

void require_copy_source(const ReadConditions& conditions, std::string_view etag,
                         std::int64_t last_modified_s) {
  if (conditions.if_match) {
    if (!names(*conditions.if_match, etag)) {
      throw errors::precondition_failed("x-amz-copy-source-If-Match");
    }
  } else if (conditions.if_unmodified_since_s &&
             modified_since(last_modified_s, *conditions.if_unmodified_since_s)) {
    throw errors::precondition_failed("x-amz-copy-source-If-Unmodified-Since");
  }
  if (conditions.if_none_match) {
    if (names(*conditions.if_none_match, etag)) {
      throw errors::precondition_failed("x-amz-copy-source-If-None-Match");
    }
  } else if (conditions.if_modified_since_s &&
             !modified_since(last_modified_s, *conditions.if_modified_since_s)) {
    throw errors::precondition_failed("x-amz-copy-source-If-Modified-Since");
  }
}

void require_write(const WriteConditions& conditions, std::string_view key,
                   const std::optional<std::string>& etag) {
  if (conditions.if_none_match) {
    // S3 API reference, PutObject: "Expects the '*' (asterisk) character."
    if (*conditions.if_none_match != "*") throw errors::not_implemented("If-None-Match");
    if (etag) throw errors::precondition_failed("If-None-Match");
  }
  if (conditions.if_match) {
    if (!etag) throw errors::no_such_key(key);
    if (!names(*conditions.if_match, *etag)) throw errors::precondition_failed("If-Match");
  }
}

std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  const std::string_view spec = core::trim(header.substr(kUnit.size()));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);
  const auto last = core::parse_uint(last_text);
  if (first_text.empty()) {
    if (!last) return std::nullopt;
    // RFC 9110 §14.1.2: the last so many bytes.
    const std::uint64_t length = std::min(*last, size);
    if (length == 0) throw errors::invalid_range(header, size);
    return ByteRange{size - length, length};
  }
  const auto first = core::parse_uint(first_text);
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) throw errors::invalid_range(header, size);
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return ByteRange{*first, end - *first + 1};
}

}  // namespace tandem::s3
