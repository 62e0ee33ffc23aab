// What a region answers of STS by itself, also while global is dead: who calls. Credentials are
// made by global (services/sts/service.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "service/environment.h"
#include "service/service.h"
#include "services/sts/ports.h"

namespace tandem::sts {

class RegionalSts final : public service::Service {
 public:
  /// Borrows callers.
  RegionalSts(service::Environment environment, const Callers& callers);

  std::string_view name() const override { return "sts"; }
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

}  // namespace tandem::sts
