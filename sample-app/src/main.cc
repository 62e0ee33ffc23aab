// The bootstrap: one function for all routes.
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "api.h"
#include "dynamo_store.h"
#include "tandem/lambda_runtime.h"

namespace {

using tandem::lambda_runtime::Handler;
using tandem::lambda_runtime::Invocation;
using tandem::lambda_runtime::Response;

std::string required(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw std::runtime_error(std::string(name) + " is not set");
  return value;
}

struct Application {
  todo::DynamoStore store{required("TABLE_NAME")};
  todo::Api api{store, required("AWS_REGION"), {todo::system_now_ms, todo::new_uuid}};
};

Handler initialise() {
  const auto application = std::make_shared<Application>();
  return [application](const Invocation& invocation) {
    return Response::success(application->api.handle(invocation.payload));
  };
}

}  // namespace

int main() { return tandem::lambda_runtime::run(std::function<Handler()>(initialise)); }
