#include "core/task.h"
#include "services/apigateway/proxy/back_ends.h"

namespace tandem::apigateway {

Task<OrRefusal<MappedRequest>> map_in(State& state, const Exchange* exchange,
                                      const RequestDocuments* documents) {
  if (exchange->request.body.size() <= kMappedOnLoop) co_return map_request(*exchange, *documents);
  const auto map = [exchange, documents] { return map_request(*exchange, *documents); };
  co_return co_await core::run_blocking(state.environment.blocking, map);
}

Task<Answer> map_out(State& state, const Exchange* exchange, const RequestDocuments* documents,
                     MappedRequest mapped, BackEndAnswer answer) {
  if (answer.body.size() <= kMappedOnLoop) {
    co_return map_response(*exchange, *documents, std::move(mapped), std::move(answer));
  }
  // The frame keeps what the closure points to.
  const auto map = [exchange, documents, request = &mapped, given = &answer] {
    return map_response(*exchange, *documents, std::move(*request), std::move(*given));
  };
  co_return co_await core::run_blocking(state.environment.blocking, map);
}

}  // namespace tandem::apigateway
