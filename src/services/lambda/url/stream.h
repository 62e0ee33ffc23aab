// A function URL's answer that is written while the function runs (InvokeMode RESPONSE_STREAM).
#pragma once

#include "net/http.h"
#include "services/lambda/exec/runner.h"

namespace tandem::lambda {

/// Returns when the answer's head is known. A function that fails before is answered for with 502;
/// one that fails later has its answer cut off. Borrows runner until it returns.
Task<net::HttpResponse> stream_url_response(Runner* runner, FunctionPtr function,
                                            InvokeRequest request);

/// What all answers of function URLs share (url/door.cc).
net::HttpResponse throttled();
net::HttpResponse bad_gateway();

}  // namespace tandem::lambda
