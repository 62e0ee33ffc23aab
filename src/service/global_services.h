// Which services are global: they live in the global process, whatever region a call names.
#pragma once

#include <string_view>

namespace tandem::service {

inline bool is_global_service(std::string_view service) {
  return service == "iam" || service == "sts" || service == "route53";
}

}  // namespace tandem::service
