// Where uploaded packages are downloaded: presigned URLs of buckets that are Lambda's own, as on
// AWS, at the region's address. A URL is good for one package and ten minutes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "service/environment.h"
#include "service/key_ring.h"
#include "service/presigned_bucket.h"
#include "services/lambda/code/code_store.h"
#include "services/lambda/function_table.h"
#include "services/lambda/layer_table.h"

namespace tandem::lambda {

/// Loop thread only.
class Downloads {
 public:
  /// What a URL's object is, and which bytes are behind it.
  struct Package {
    std::string name;  ///< the function's or layer's
    std::string code_id;
    std::int64_t size = 0;
    std::string sha256;
  };

  /// base: service/presigned_bucket.h. Borrows what it is given.
  Downloads(const service::Environment& environment, const service::KeyRing& keys,
            const std::string& base, const FunctionTable& functions, const LayerTable& layers,
            CodeStore& code);

  /// A URL; empty when this disk has no such archive. A secret, for the answer alone.
  Task<std::string> location_of(FunctionPtr function);
  Task<std::string> location_of(LayerPtr layer);

  bool serves(const net::HttpRequest& request) const;
  Task<net::HttpResponse> serve(net::HttpRequest request);

 private:
  /// Nothing is stored for them: they follow from the world's key (service/key_mint.h), so that a
  /// URL outlives its process, and a store that takes no writes hinders nobody.
  class MintedKeys final : public service::PresignedBucket::Keys {
   public:
    MintedKeys(const service::Environment& environment, const service::KeyRing& ring)
        : random_(environment.random), ring_(ring), keeper_("packages/" + environment.region) {}
    service::PresignedBucket::Key current() override;
    std::string secret_of(std::string_view id) override;

   private:
    core::Random& random_;
    const service::KeyRing& ring_;
    const std::string keeper_;
    std::string id_;  ///< made when it is first needed
  };

  Task<std::string> location(service::PresignedBucket* bucket, Package package);
  std::optional<Package> find(const service::PresignedBucket& bucket, const std::string& key) const;
  Task<net::HttpResponse> send(service::PresignedBucket* bucket, net::HttpRequest request);

  const service::Environment& environment_;
  const FunctionTable& functions_;
  const LayerTable& layers_;
  CodeStore& code_;
  MintedKeys keys_;
  service::PresignedBucket tasks_;
  service::PresignedBucket of_layers_;
};

}  // namespace tandem::lambda
