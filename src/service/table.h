// How every service makes the rows of its table: a name, a function, the members it honours. The
// function is what it is by its parameters; nothing else has to be said of it.
//
// It answers at once:
//   Reply f(Context&, const json::object& input)
//   Reply f(Context&, RequestContext&, const json::object& input)
// or waits for something:
//   Task<Reply> f(Context&, json::object input)
//   Task<Reply> f(Context&, RequestContext&, json::object input)
// With RequestContext it looks at the request, too.
//
// Pointers do in place of both references, and members of Context in place of functions. A
// json::object in place of Reply is the whole of it.
#pragma once

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "service/operation.h"

namespace tandem::service {

/// function takes (RequestContext&, json::object), or the latter by reference; it is copied.
template <class Function>
Operation row(std::string_view name, Function function, std::vector<std::string_view> accepts) {
  using Returned = std::invoke_result_t<Function, RequestContext&, json::object>;
  Operation made;
  made.name = name;
  made.accepts = std::move(accepts);
  if constexpr (std::is_same_v<Returned, Task<Reply>>) {
    made.handler = std::move(function);
  } else {
    made.handler = sync_handler([function](RequestContext& request, const json::object& input) {
      return Reply(function(request, input));
    });
  }
  return made;
}

/// Borrows context: what the service's operations work on.
template <class Context, class Function>
Operation row(Context& context, std::string_view name, Function function,
              std::vector<std::string_view> accepts) {
  const auto call = [&context, function]<class Input>(RequestContext& request, Input&& input) {
    if constexpr (std::is_invocable_v<Function, Context&, RequestContext&, Input>) {
      return std::invoke(function, context, request, std::forward<Input>(input));
    } else if constexpr (std::is_invocable_v<Function, Context*, RequestContext*, Input>) {
      return std::invoke(function, &context, &request, std::forward<Input>(input));
    } else {
      return std::invoke(function, context, std::forward<Input>(input));
    }
  };
  return row(name, call, std::move(accepts));
}

}  // namespace tandem::service
