// A bucket of a service's own, which others reach by presigned URLs and in no other way, as AWS's
// services have them. The region serves it before S3, which knows nothing of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/sigv4.h"
#include "net/http.h"
#include "service/environment.h"

namespace tandem::service {

/// Loop thread only.
class PresignedBucket {
 public:
  struct Key {
    std::string id;
    std::string secret;
  };
  /// The keys that sign a bucket's URLs.
  class Keys {
   public:
    virtual ~Keys() = default;
    /// Throws StoreError.
    virtual Key current() = 0;
    /// Of a key that was current once; empty: it never was.
    virtual std::string secret_of(std::string_view id) = 0;
  };

  struct Place {
    std::string service;  ///< as which AWS has buckets, in the signatures of their URLs
    std::string name;
    /// "http://127.0.10.1:8080/": where the region itself is reached by whoever has a URL; empty:
    /// by the bucket's name at AWS.
    std::string base;
  };
  /// Borrows environment and keys.
  PresignedBucket(const Environment& environment, Place place, Keys& keys);

  const std::string& name() const { return place_.name; }
  /// For one method. A secret: whoever has it may do what it says. Throws StoreError.
  std::string url_of(std::string_view method, std::string_view object, std::int64_t life_s);
  /// The object of such a URL; empty: it is none of this bucket's.
  std::string object_of(std::string_view url) const;

  /// Whether a request is for the bucket or what is in it, by its host or path.
  bool serves(const net::HttpRequest& request) const;
  /// The object that a request's URL gives to it by this method. Throws ApiError.
  std::string verified_object(const net::HttpRequest& request, std::string_view method);
  /// In the words of AWS's buckets.
  net::HttpResponse refusal(const net::HttpRequest& request, const aws::ApiError& error) const;

 private:
  /// Empty for the bucket itself.
  std::string named_object(const net::HttpRequest& request) const;

  const Environment& environment_;
  const Place place_;
  const std::string base_;  ///< with the bucket
  Keys& keys_;
  aws::SigningKeys derived_;
};

}  // namespace tandem::service
