// CloudFormation: stacks of resources from templates.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "net/http.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/cloudformation/ports.h"

namespace tandem::cloudformation {

class CloudFormationService final : public service::Service {
 public:
  /// api reaches every other service, in this region and, for global ones, in the global process.
  CloudFormationService(service::Environment environment, aws::Api& api, CloudFormationPorts ports);
  ~CloudFormationService() override;

  std::string_view name() const override { return "cloudformation"; }
  const std::vector<service::Operation>& operations() const override;
  /// For the coverage manifest: every resource type that AWS has (resources/coverage.h).
  json::object resource_type_coverage() const;
  /// Whether a request is for the bucket in which custom resources answer.
  bool serves(const net::HttpRequest& request) const;
  Task<net::HttpResponse> serve(net::HttpRequest request);
  /// Whether a bucket is one of those of CloudFormation's own, in whichever region.
  static bool owns_bucket(std::string_view bucket);

  /// Resumes operations that were in progress when the process ended.
  void start() override;
  Task<void> stop() override;

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;
  Task<void> pause() override;
  void resume() override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::cloudformation
