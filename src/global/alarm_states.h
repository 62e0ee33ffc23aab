// The states of alarms, for health checks that follow them: as the alarm's region says.
#pragma once

#include <optional>
#include <string>

#include "service/node.h"
#include "service/remote_api.h"
#include "services/route53/ports.h"

namespace tandem::global {

class AlarmStates final : public route53::Alarms {
 public:
  /// Borrows node.
  explicit AlarmStates(service::Node& node);
  Task<std::optional<bool>> is_ok(std::string region, std::string name) override;

 private:
  service::RemoteApi regions_;
};

}  // namespace tandem::global
