#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "core/timer.h"
#include "service/page.h"
#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/errors.h"

namespace tandem::cloudwatch::api {
namespace {

/// "Up to 500 results are returned for any one call."
constexpr service::PageStyle kPages{.token = "NextToken",
                                    .next = "NextToken",
                                    .limit = "",
                                    .usual = 500,
                                    .invalid = errors::bad_token};
constexpr std::int64_t kListed_s = 14 * 86'400;
/// "You might see some metrics that have not published data in the last three hours": here none.
constexpr std::int64_t kRecent_s = 3 * 3'600;
constexpr std::size_t kFilters = 10;

/// What a metric has to have to be listed.
struct Filter {
  std::string name_space;
  std::optional<std::string> name;
  std::vector<std::pair<std::string, std::optional<std::string>>> dimensions;
  std::int64_t since_s = 0;

  bool takes(const SeriesStore::Listed& listed) const {
    if (listed.last_s < since_s) return false;
    if (name && listed.metric.name != *name) return false;
    return std::all_of(dimensions.begin(), dimensions.end(), [&](const auto& wanted) {
      const auto& there = listed.metric.dimensions;
      return std::any_of(there.begin(), there.end(), [&](const auto& each) {
        return each.first == wanted.first && (!wanted.second || each.second == *wanted.second);
      });
    });
  }
};

Filter filter_of(const Scope& scope, const json::object& input) {
  Filter filter;
  filter.name_space = json::string_or(input, "Namespace");
  if (const auto name = json::find_string(input, "MetricName")) filter.name = std::string(*name);
  if (const json::array* given = json::find_array(input, "Dimensions")) {
    if (given->size() > kFilters) throw errors::too_large("Dimensions", kFilters);
    for (const json::value& each : *given) {
      const json::object& one = each.as_object();
      std::optional<std::string> value;
      if (const auto said = json::find_string(one, "Value")) value = std::string(*said);
      filter.dimensions.emplace_back(json::string_or(one, "Name"), std::move(value));
    }
  }
  const bool recent = input.contains("RecentlyActive");
  filter.since_s = scope.now_s() - (recent ? kRecent_s : kListed_s);
  return filter;
}

}  // namespace

Task<service::Reply> list_metrics(Scope* scope, service::RequestContext*, json::object input) {
  constexpr std::chrono::milliseconds kTurn{2};
  const Filter filter = filter_of(*scope, input);
  const auto executor = co_await asio::this_coro::executor;
  co_await scope->collector.collect();
  service::Page page(kPages, input, "Metrics");
  std::string after = page.after();
  for (bool more = true; more;) {
    more = false;
    const core::TimePoint turn = core::TimerClock::now();
    scope->series.each_metric(filter.name_space, after, [&](const SeriesStore::Listed& listed) {
      after = listed.key;
      if (filter.takes(listed)) {
        const bool taken = page.add(listed.key, [&] {
          return json::object{{"Namespace", listed.metric.name_space},
                              {"MetricName", listed.metric.name},
                              {"Dimensions", dimensions_document(listed.metric)}};
        });
        if (!taken) return false;
      }
      more = core::TimerClock::now() - turn >= kTurn;
      return !more;
    });
    if (more) co_await asio::post(executor, asio::use_awaitable);
  }
  co_return std::move(page).finish();
}

}  // namespace tandem::cloudwatch::api
