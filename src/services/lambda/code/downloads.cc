#include "services/lambda/code/downloads.h"

#include <utility>

#include "aws/error.h"
#include "core/json.h"
#include "services/lambda/model/snapshot.h"

namespace tandem::lambda {
namespace {

/// API reference, FunctionCodeLocation: "a presigned URL that you can use to download the
/// deployment package", GetFunction: "that's valid for 10 minutes".
constexpr std::int64_t kUrlLife_s = 600;

Downloads::Package package_of(const Function& function) {
  return {function.name, function.code_id, function.code_size, function.code_sha256};
}

Downloads::Package package_of(const LayerVersion& layer) {
  return {layer.name, layer.code_id, layer.code_size, layer.code_sha256};
}

aws::ApiError no_such_key(const std::string& key) {
  return aws::ApiError(404, "NoSuchKey", "The specified key does not exist.")
      .with("Key", json::string(key));
}

}  // namespace

service::PresignedBucket::Key Downloads::MintedKeys::current() {
  if (id_.empty()) id_ = ring_.mint().make_id("AKIA", keeper_, random_);
  return {id_, ring_.mint().secret_of(id_)};
}

std::string Downloads::MintedKeys::secret_of(std::string_view id) {
  return ring_.mint().made(id, keeper_) ? ring_.mint().secret_of(id) : "";
}

Downloads::Downloads(const service::Environment& environment, const service::KeyRing& keys,
                     const std::string& base, const FunctionTable& functions,
                     const LayerTable& layers, CodeStore& code)
    : environment_(environment),
      functions_(functions),
      layers_(layers),
      code_(code),
      keys_(environment, keys),
      tasks_(environment, {"s3", tasks_bucket(environment.region), base}, keys_),
      of_layers_(environment, {"s3", layers_bucket(environment.region), base}, keys_) {}

Task<std::string> Downloads::location_of(FunctionPtr function) {
  return location(&tasks_, package_of(*function));
}

Task<std::string> Downloads::location_of(LayerPtr layer) {
  return location(&of_layers_, package_of(*layer));
}

Task<std::string> Downloads::location(service::PresignedBucket* bucket, Package package) {
  const bool here = co_await code_.has_archive(package.code_id, package.size);
  if (!here) co_return "";
  const Snapshot snapshot{environment_.account(), package.name, package.code_id};
  co_return bucket->url_of("GET", snapshot.key(), kUrlLife_s);
}

bool Downloads::serves(const net::HttpRequest& request) const {
  return tasks_.serves(request) || of_layers_.serves(request);
}

Task<net::HttpResponse> Downloads::serve(net::HttpRequest request) {
  service::PresignedBucket* bucket = tasks_.serves(request) ? &tasks_ : &of_layers_;
  return send(bucket, std::move(request));
}

std::optional<Downloads::Package> Downloads::find(const service::PresignedBucket& bucket,
                                                  const std::string& key) const {
  const auto snapshot = Snapshot::parse(key);
  if (!snapshot || snapshot->account != environment_.account()) return std::nullopt;
  if (&bucket == &of_layers_) {
    for (const auto& [number, layer] : layers_.versions(snapshot->name)) {
      if (layer->code_id == snapshot->code_id) return package_of(*layer);
    }
    return std::nullopt;
  }
  const FunctionPtr latest = functions_.find(snapshot->name);
  if (latest != nullptr && latest->code_id == snapshot->code_id) return package_of(*latest);
  for (const auto& [number, version] : functions_.versions(snapshot->name)) {
    if (version->code_id == snapshot->code_id) return package_of(*version);
  }
  return std::nullopt;
}

/// What comes of the URL after ten minutes, or when its package has gone, S3 says in its own words.
/// All of it is sent, also where a range is asked for (RFC 9110 §14.2).
Task<net::HttpResponse> Downloads::send(service::PresignedBucket* bucket,
                                        net::HttpRequest request) {
  std::optional<aws::ApiError> refused;
  try {
    const std::string key = bucket->verified_object(request, "GET");
    const auto package = find(*bucket, key);
    net::HttpResponse response;
    if (package) {
      response.source = co_await code_.open(package->code_id, package->size, package->sha256);
    }
    if (response.source == nullptr) throw no_such_key(key);
    response.headers.set("Content-Type", "application/zip");
    co_return response;
  } catch (const aws::ApiError& error) {
    refused = error;
  }
  co_return bucket->refusal(request, *refused);
}

}  // namespace tandem::lambda
