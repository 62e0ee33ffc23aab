// What costs little is done where it is; what does not is found out by trying, since a small body
// may meet a template that takes long.
#include "core/task.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/proxy/back_ends.h"

namespace tandem::apigateway {

Task<OrRefusal<MappedRequest>> map_in(State& state, const Exchange* exchange,
                                      const RequestDocuments* documents) {
  if (exchange->request.body.size() <= kMappedOnLoop) {
    mapping::Allowance here{.left = mapping::kWorkOnLoop};
    auto mapped = map_request(*exchange, *documents, here);
    if (!here.ran_out) co_return mapped;
  }
  const auto map = [exchange, documents] {
    mapping::Allowance all;
    return map_request(*exchange, *documents, all);
  };
  co_return co_await core::run_blocking(state.environment.blocking, map);
}

Task<Answer> map_out(State& state, const Exchange* exchange, const RequestDocuments* documents,
                     MappedRequest mapped, BackEndAnswer answer) {
  if (answer.body.size() <= kMappedOnLoop) {
    mapping::Allowance here{.left = mapping::kWorkOnLoop};
    auto response = map_response(*exchange, *documents, mapped, answer, here);
    if (!here.ran_out) co_return response;
  }
  // The frame keeps what the closure points to.
  const auto map = [exchange, documents, request = &mapped, given = &answer] {
    mapping::Allowance all;
    return map_response(*exchange, *documents, std::move(*request), std::move(*given), all);
  };
  co_return co_await core::run_blocking(state.environment.blocking, map);
}

}  // namespace tandem::apigateway
