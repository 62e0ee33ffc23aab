// The regions of this world over HTTP, asked for their buckets at /_tandem/buckets.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "net/http_client.h"
#include "service/config.h"
#include "services/s3/names/registry.h"

namespace tandem::s3 {

/// A question to another process of this world on its own paths: signed, and answered soon or not
/// at all. Who was silent once is waited for a moment only until it answers again. Copies share
/// what they know of that.
class Questions {
 public:
  /// Borrows all of them.
  Questions(net::HttpClient& client, core::Clock& clock, const service::Config& config)
      : client_(client),
        clock_(clock),
        config_(config),
        silent_(std::make_shared<std::set<std::string>>()) {}
  /// Nothing when there is no answer within patience.
  Task<std::optional<net::HttpResponse>> ask(net::HttpTarget target,
                                             std::chrono::milliseconds patience, std::string method,
                                             std::string path, std::string body = "");
  const service::Config& config() const { return config_; }

 private:
  net::HttpClient& client_;
  core::Clock& clock_;
  const service::Config& config_;
  std::shared_ptr<std::set<std::string>> silent_;  ///< addresses
};

class RegionHolders final : public BucketHolders {
 public:
  explicit RegionHolders(Questions questions) : questions_(questions) {}

  std::vector<std::string> regions() const override;
  Task<std::optional<Answer>> ask(std::string region, std::string bucket) override;
  Task<std::optional<std::vector<NamedBucket>>> list(std::string region) override;

 private:
  Task<std::optional<net::HttpResponse>> get(std::string region, std::string path);
  Questions questions_;
};

/// [{"Name", "Region", "CreationDate"} …] on the wire between processes.
json::array to_json(const std::vector<NamedBucket>& buckets);
/// {"Buckets": […]}; nothing when text is anything else.
std::optional<std::vector<NamedBucket>> buckets_in(std::string_view text);
std::optional<json::object> object_in(std::string_view text);

}  // namespace tandem::s3
