#include "services/cloudformation/responses/bucket.h"

#include <fmt/format.h>

#include "aws/error.h"
#include "core/bytes.h"
#include "core/ids.h"

namespace tandem::cloudformation {

service::PresignedBucket::Key Bucket::StoredKey::current() {
  if (const auto stored = keys_.get("")) {
    return {json::string_or(*stored, "id"), json::string_or(*stored, "secret")};
  }
  service::PresignedBucket::Key made{"AKIA" + core::random_text(random_, 16, core::kUpperAlnum),
                                     core::random_text(random_, 40, core::kAlnum)};
  keys_.put("", {{"id", made.id}, {"secret", made.secret}});
  return made;
}

std::string Bucket::StoredKey::secret_of(std::string_view id) {
  const auto stored = keys_.get("");
  return stored && json::string_or(*stored, "id") == id ? json::string_or(*stored, "secret") : "";
}

Bucket::Bucket(const service::Environment& environment, std::string name, const std::string& base)
    : key_(environment), bucket_(environment, {"s3", std::move(name), base}, key_) {}

net::HttpResponse Bucket::serve(const net::HttpRequest& request, const Take& take) {
  try {
    take(bucket_.verified_object(request, "PUT"), request.body);
  } catch (const aws::ApiError& error) {
    return bucket_.refusal(request, error);
  } catch (const store::StoreError& error) {
    return bucket_.refusal(request, {503, "ServiceUnavailable", error.message});
  }
  net::HttpResponse response;
  response.headers.set("ETag", fmt::format("\"{}\"", core::hex_encode(core::md5(request.body))));
  return response;
}

}  // namespace tandem::cloudformation
