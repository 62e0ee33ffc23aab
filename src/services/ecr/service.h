// ECR of one region: a registry without repositories, which says of each that it does not exist.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "service/environment.h"
#include "service/service.h"

namespace tandem::ecr {

class EcrService final : public service::Service {
 public:
  explicit EcrService(service::Environment environment);

  std::string_view name() const override { return "ecr"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }

 private:
  const service::Environment& environment() const override { return environment_; }
  /// It keeps nothing.
  std::function<void()> forgetting() override {
    return [] {};
  }

  service::Environment environment_;
  std::vector<service::Operation> operations_;
};

}  // namespace tandem::ecr
