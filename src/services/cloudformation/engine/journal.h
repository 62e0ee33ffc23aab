// A stack's events and statuses: each change of a status is stored together with its event.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/random.h"
#include "services/cloudformation/engine/stack_store.h"

namespace tandem::cloudformation {

class Journal {
 public:
  Journal(StackStore& stacks, core::Clock& clock, core::Random& random)
      : stacks_(stacks), clock_(clock), random_(random) {}

  /// Sets the stack's status and writes its event.
  void stack(StackRecord& stack, StackStatus status, std::string_view reason = "",
             const StackStore::Also& also = {});
  /// Sets the resource's status and writes its event. The resource may be one of the stack's
  /// resources or of its garbage. reason must be free of secrets.
  void resource(StackRecord& stack, ResourceRecord& resource, ResourceStatus status,
                std::string_view reason = "");

 private:
  json::object event(StackRecord& stack, std::string_view logical_id, std::string_view physical_id,
                     std::string_view type, std::string_view status, std::string_view reason);

  StackStore& stacks_;
  core::Clock& clock_;
  core::Random& random_;
};

}  // namespace tandem::cloudformation
