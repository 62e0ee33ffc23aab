// A bucket of CloudFormation's own, to which others PUT by presigned URLs. What comes is kept as it
// is needed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "service/presigned_bucket.h"
#include "store/documents.h"

namespace tandem::cloudformation {

/// Loop thread only.
class Bucket {
 public:
  /// base: service/presigned_bucket.h.
  Bucket(const service::Environment& environment, std::string name, const std::string& base);

  const std::string& name() const { return bucket_.name(); }
  /// Throws StoreError.
  std::string url_of(std::string_view object, std::int64_t life_s) {
    return bucket_.url_of("PUT", object, life_s);
  }
  /// The object of such a URL; empty: it is none of this bucket's.
  std::string object_of(std::string_view url) const { return bucket_.object_of(url); }

  /// Whether a request is for the bucket, by its host or path.
  bool serves(const net::HttpRequest& request) const { return bucket_.serves(request); }
  /// take keeps an object, before it is acknowledged.
  using Take = std::function<void(const std::string& object, std::string_view body)>;
  net::HttpResponse serve(const net::HttpRequest& request, const Take& take);

 private:
  /// One, made when it is first needed and stored.
  class StoredKey final : public service::PresignedBucket::Keys {
   public:
    explicit StoredKey(const service::Environment& environment)
        : random_(environment.random), keys_(environment.store, "response-key") {}
    service::PresignedBucket::Key current() override;
    std::string secret_of(std::string_view id) override;

   private:
    core::Random& random_;
    store::Documents keys_;
  };

  StoredKey key_;
  service::PresignedBucket bucket_;
};

}  // namespace tandem::cloudformation
