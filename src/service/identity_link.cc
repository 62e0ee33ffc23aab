#include "service/identity_link.h"

#include <algorithm>
#include <optional>

#include "core/log.h"
#include "core/supervise.h"
#include "service/identity_feed.h"
#include "service/own_paths.h"

namespace tandem::service {
namespace {

constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{500};
/// Beyond that for which an answer may wait.
constexpr std::chrono::milliseconds kPatience = IdentityFeed::kPatience + std::chrono::seconds(5);

}  // namespace

IdentityLink::IdentityLink(asio::any_io_executor executor, net::HttpClient& client,
                           net::HttpTarget keeper, core::Clock& clock, Credentials root,
                           IdentityPlane& plane)
    : client_(client),
      keeper_(std::move(keeper)),
      clock_(clock),
      root_(std::move(root)),
      plane_(plane),
      tasks_(std::move(executor)) {}

void IdentityLink::start() {
  core::supervise(tasks_, "hearing of identities", [this] { return follow(this); });
}

Task<void> IdentityLink::stop() { return tasks_.stop(); }

Task<void> IdentityLink::follow(IdentityLink* self) {
  auto pause = kFirstPause;
  for (;;) {
    self->connected_ = co_await self->hear();
    if (self->connected_) {
      pause = kFirstPause;
      continue;
    }
    co_await core::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

Task<bool> IdentityLink::hear() {
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/_tandem/identities";
  request.headers.set("Content-Type", "application/json");
  request.body = json::to_text(plane_.wanted());
  sign_own_path(request, keeper_.address, root_, clock_.now_s());
  std::optional<net::HttpResponse> answer;
  try {
    // It only reads.
    answer = co_await client_.send(keeper_, std::move(request), kPatience,
                                   net::HttpClient::Repeat::kYes);
  } catch (const net::NetError&) {
    co_return false;
  }
  if (answer->status != 200) co_return false;
  co_return take(*answer);
}

bool IdentityLink::take(const net::HttpResponse& response) {
  const auto document = json::parse_text(response.body, 128);
  const bool taken =
      document && document.value().is_object() && plane_.take(document.value().as_object());
  if (!taken) {
    log::warning("identities: what global says does not fit; everything is asked for anew");
    return false;
  }
  heard_ns_ = clock_.steady_ns();
  heard_s_ = clock_.now_s();
  return true;
}

json::object IdentityLink::show() const {
  json::object shown = plane_.position();
  shown["Connected"] = connected_;
  if (heard_s_ != 0) shown["HeardAt"] = core::iso8601_s(heard_s_);
  return shown;
}

TandemEndpoints::Row IdentityLink::row() const {
  constexpr auto answer = [](json::object shown) -> Task<net::HttpResponse> {
    co_return json_answer(200, shown);
  };
  return {"GET", "/_tandem/identities",
          [this, answer](const net::HttpRequest&, const std::string&) { return answer(show()); }};
}

}  // namespace tandem::service
