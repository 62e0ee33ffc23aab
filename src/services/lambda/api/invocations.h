// What Invoke and InvokeWithResponseStream have in common.
#pragma once

#include <string>

#include "services/lambda/api/operations.h"

namespace tandem::lambda::api {

struct AskedInvocation {
  FunctionReference named;
  FunctionPtr function;
  std::string payload;  ///< JSON
  std::string client_context;
};
/// Takes the payload of context, of at most limit bytes. Throws what is wrong with it, and that
/// there is no such function.
Task<AskedInvocation> read_invocation(Scope& scope, Context& context, json::object input,
                                      std::size_t limit);
/// For the runner. Takes the payload of asked.
InvokeRequest invoke_request(const Scope& scope, const Context& context, const json::object& input,
                             AskedInvocation& asked);
/// Throws what an invocation that did not run is answered with.
void require_run(const InvokeOutcome& outcome);
Reply status_only(int status);

}  // namespace tandem::lambda::api
