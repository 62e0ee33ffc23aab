// Every resource type, in table.cc.
#pragma once

#include <vector>

#include "services/cloudformation/resources/handler.h"

namespace tandem::cloudformation {

std::vector<ResourceType> resource_types();

}  // namespace tandem::cloudformation
