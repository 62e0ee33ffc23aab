#include "aws/unknown.h"

#include <algorithm>
#include <array>

#include "core/text.h"

namespace tandem::aws {
namespace {

constexpr std::size_t kMostNames = 10;
constexpr std::size_t kLongestName = 200;

}  // namespace

void MemberPath::add(std::string_view name) const {
  if (unknown_ == nullptr || unknown_->size() >= kMostNames) return;
  std::string full(name.substr(0, kLongestName));
  for (const MemberPath* at = this; at->above_ != nullptr; at = at->above_) {
    full.insert(0, std::string(at->member_) + ".");
  }
  unknown_->push_back(std::move(full));
}

bool is_about_the_sender(std::string_view field) {
  static constexpr std::array<std::string_view, 9> kSignatureVersion2 = {
      "AWSAccessKeyId", "Signature",     "SignatureMethod", "SignatureVersion", "Timestamp",
      "Expires",        "SecurityToken", "content-type",    "content-md5"};
  // What begins with "x-amz-" stands for a header.
  if (core::equals_ignoring_case(field.substr(0, 6), "x-amz-")) {
    return header_is_about_the_sender(field);
  }
  return core::equals_ignoring_case(field.substr(0, 2), "x-") ||
         std::ranges::find(kSignatureVersion2, field) != kSignatureVersion2.end();
}

bool header_is_about_the_sender(std::string_view header) {
  // The last three: the digest an SDK has made of a body whose operation has no member for it, and
  // what stands in trailers.
  static constexpr std::array<std::string_view, 20> kStarts = {"x-amz-date",
                                                               "x-amz-content-sha256",
                                                               "x-amz-security-token",
                                                               "x-amz-user-agent",
                                                               "x-amz-decoded-content-length",
                                                               "x-amz-target",
                                                               "x-amz-api-",
                                                               "x-amz-id-",
                                                               "x-amz-request-id",
                                                               "x-amz-cf-",
                                                               "x-amz-region-set",
                                                               "x-amz-signature",
                                                               "x-amz-algorithm",
                                                               "x-amz-credential",
                                                               "x-amz-signedheaders",
                                                               "x-amz-expires",
                                                               "x-amz-sdk-",
                                                               "x-amz-checksum-",
                                                               "x-amz-trailer",
                                                               "x-amz-te"};
  return std::ranges::any_of(kStarts, [header](std::string_view start) {
    const bool family = start.ends_with('-');
    return core::equals_ignoring_case(family ? header.substr(0, start.size()) : header, start);
  });
}

}  // namespace tandem::aws
