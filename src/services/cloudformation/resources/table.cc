#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {

std::vector<ResourceType> resource_types() { return {}; }

}  // namespace tandem::cloudformation
