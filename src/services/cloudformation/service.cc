#include "services/cloudformation/service.h"

#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/engine/engine.h"
#include "services/cloudformation/resources/coverage.h"
#include "services/cloudformation/resources/table.h"
#include "services/cloudformation/responses/response_box.h"
#include "services/cloudformation/responses/signal_box.h"

namespace tandem::cloudformation {

struct CloudFormationService::State {
  State(service::Environment environment, aws::Api& api, CloudFormationPorts ports)
      : types(resource_types()),
        engine(std::move(environment), api, types, ports.response_base),
        calls(engine, api, std::move(ports)),
        operations(calls.table()) {}

  ResourceTypes types;
  Engine engine;
  Operations calls;
  std::vector<service::Operation> operations;
};

CloudFormationService::CloudFormationService(service::Environment environment, aws::Api& api,
                                             CloudFormationPorts ports)
    : state_(std::make_unique<State>(std::move(environment), api, std::move(ports))) {}

CloudFormationService::~CloudFormationService() = default;

const std::vector<service::Operation>& CloudFormationService::operations() const {
  return state_->operations;
}

json::object CloudFormationService::resource_type_coverage() const {
  return coverage_of(state_->types);
}

bool CloudFormationService::serves(const net::HttpRequest& request) const {
  return state_->engine.answers().serves(request);
}

Task<net::HttpResponse> CloudFormationService::serve(net::HttpRequest request) {
  co_return state_->engine.answers().serve(request);
}

bool CloudFormationService::owns_bucket(std::string_view bucket) {
  return bucket.starts_with(ResponseBox::kBuckets) || bucket.starts_with(SignalBox::kBuckets);
}

void CloudFormationService::start() { state_->engine.resume(); }

Task<void> CloudFormationService::stop() { co_await state_->engine.stop(); }

const service::Environment& CloudFormationService::environment() const {
  return state_->engine.environment();
}

Task<void> CloudFormationService::pause() { co_await state_->engine.stop(); }

std::function<void()> CloudFormationService::forgetting() {
  return [&stacks = state_->engine.stacks()] { stacks.forget_everything(); };
}

void CloudFormationService::resume() { state_->engine.go_on(); }

}  // namespace tandem::cloudformation
