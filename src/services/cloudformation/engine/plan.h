// Computes what a definition changes of a stack. Pure.
#pragma once

#include <string>
#include <vector>

#include "services/cloudformation/engine/planned.h"
#include "services/cloudformation/engine/resolution.h"
#include "services/cloudformation/resources/handler.h"

namespace tandem::cloudformation {

/// stack: as deployed. old_template: its template; null when the stack is new.
Plan plan_changes(const StackRecord& stack, const Template* old_template,
                  const Definition& definition, const Resolution& resolution,
                  const ResourceTypes& types, const FindExport& find_export);

/// What an open change comes to once the values are known.
enum class Step { kRest, kUpdate, kReplace };
Step settle(const PlannedChange& change, const Shape& shape, const json::object& before,
            const json::object& after);

/// The declared resources in an order in which each comes after what it needs.
std::vector<std::string> creation_order(const Dependencies& dependencies);

/// The stack's tags beside the resource's own, when its type has Tags.
void add_stack_tags(const Shape& shape, const json::array& stack_tags, json::object& properties);

}  // namespace tandem::cloudformation
