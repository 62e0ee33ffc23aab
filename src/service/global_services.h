// Which services are global: they live in the global process, whatever region a call names.
#pragma once

#include <string_view>

#include "aws/dialect.h"

namespace tandem::service {

inline bool is_global_service(std::string_view service) { return aws::dialect_of(service).global; }

}  // namespace tandem::service
