// A bucket of CloudFormation's own, to which others PUT by presigned URLs. The region serves it
// before S3, and keeps what comes as it needs it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "net/http.h"
#include "service/environment.h"
#include "store/documents.h"

namespace tandem::cloudformation {

/// Loop thread only.
class Bucket {
 public:
  /// base: "http://127.0.10.1:8080/", where the region itself is reached by whoever answers; empty:
  /// by the bucket's name at AWS.
  Bucket(const service::Environment& environment, std::string name, const std::string& base);

  const std::string& name() const { return name_; }
  /// Throws StoreError.
  std::string url_of(std::string_view object, std::int64_t life_s);
  /// The object of such a URL; empty: it is none of this bucket's.
  std::string object_of(std::string_view url) const;

  /// Whether a request is for the bucket, by its host or path.
  bool serves(const net::HttpRequest& request) const;
  /// take keeps an object, before it is acknowledged.
  using Take = std::function<void(const std::string& object, std::string_view body)>;
  net::HttpResponse serve(const net::HttpRequest& request, const Take& take);

 private:
  struct Key {
    std::string id;
    std::string secret;
  };
  Key signing_key();
  /// Throws ApiError as S3 does.
  std::string verified_object(const net::HttpRequest& request);

  const service::Environment& environment_;
  const std::string name_;
  const std::string base_;
  store::Documents keys_;
  aws::SigningKeys derived_;
};

}  // namespace tandem::cloudformation
