#include "services/cloudformation/responses/signal_box.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "services/cloudformation/model/custom_response.h"

namespace tandem::cloudformation {
namespace {

/// As long as a wait condition may wait, and as long again for what comes before it.
constexpr std::int64_t kUrlLife_s = 2 * 43'200;
/// What more there are nobody waits for: they are taken and dropped.
constexpr std::size_t kMostSignals = 100;

}  // namespace

SignalBox::SignalBox(const service::Environment& environment, const std::string& base)
    : bucket_(environment, std::string(kBuckets) + environment.region, base),
      handles_(environment.store, "handle") {}

std::string SignalBox::open(const std::string& stack_id, const std::string& logical_id) {
  const std::string object = fmt::format("{}/{}", stack_id, logical_id);
  handles_.put(object, {{"signals", json::object()}});
  return bucket_.url_of(object, kUrlLife_s);
}

void SignalBox::close(const std::string& url) { handles_.erase(bucket_.object_of(url)); }

bool SignalBox::is_handle(const std::string& url) const {
  return handles_.contains(bucket_.object_of(url));
}

SignalBox::Signals SignalBox::received(const std::string& url) const {
  Signals result;
  const auto handle = handles_.get(bucket_.object_of(url));
  const auto* signals = handle ? json::find_object(*handle, "signals") : nullptr;
  if (signals == nullptr) return result;
  for (const auto& [id, value] : *signals) {
    const json::object& signal = value.as_object();
    if (json::string_or(signal, "status") == "SUCCESS") {
      result.data[id] = json::string_or(signal, "data");
    } else if (result.failure.empty()) {
      result.failure = fmt::format("WaitCondition received failed message: '{}' for uniqueId: {}",
                                   json::string_or(signal, "reason"), std::string_view(id));
    }
  }
  return result;
}

Task<void> SignalBox::rest(std::string url, std::chrono::milliseconds most) {
  core::Timer timer(co_await asio::this_coro::executor, most);
  const auto place = waiting_.emplace(bucket_.object_of(url), &timer);
  struct Leave {
    std::multimap<std::string, core::Timer*>& waiting;
    std::multimap<std::string, core::Timer*>::iterator place;
    ~Leave() { waiting.erase(place); }
  };
  const Leave leave{waiting_, place};
  boost::system::error_code woken;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

net::HttpResponse SignalBox::serve(const net::HttpRequest& request) {
  return bucket_.serve(
      request, [this](const std::string& object, std::string_view body) { take(object, body); });
}

// The bucket takes whatever comes; what is no signal is none.
void SignalBox::take(const std::string& object, std::string_view body) {
  auto handle = handles_.get(object);
  const auto signal = read_wait_signal(body);
  if (!handle || !signal) return;
  json::object& signals = (*handle)["signals"].as_object();
  const bool known = signals.contains(signal->unique_id);
  if (!known && signals.size() >= kMostSignals) return;
  signals[signal->unique_id] = json::object{{"status", signal->succeeded ? "SUCCESS" : "FAILURE"},
                                            {"reason", signal->reason},
                                            {"data", signal->data}};
  handles_.put(object, *handle);
  const auto [first, last] = waiting_.equal_range(object);
  for (auto waiter = first; waiter != last; ++waiter) waiter->second->cancel();
}

}  // namespace tandem::cloudformation
