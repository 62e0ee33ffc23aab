#include "topology/loads.h"

#include <algorithm>
#include <utility>

namespace tandem::topology {
namespace {

constexpr std::int64_t kMinute_s = 60;
/// Less of a minute says too little.
constexpr std::int64_t kLeast_s = 5;

struct Window {
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;
  std::size_t minutes = 0;
};

Window window_of(int minutes, std::int64_t now_s) {
  Window window;
  const std::int64_t begun_s = now_s - now_s % kMinute_s;
  window.end_s = now_s - begun_s >= kLeast_s ? now_s : begun_s;
  window.start_s = begun_s - (minutes - (window.end_s == now_s ? 1 : 0)) * kMinute_s;
  window.minutes = static_cast<std::size_t>(minutes);
  return window;
}

json::object query(std::string_view id, std::string_view metric, const std::string& table) {
  json::array dimensions;
  dimensions.push_back(json::object{{"Name", "TableName"}, {"Value", table}});
  json::object of{{"Namespace", "AWS/DynamoDB"}, {"MetricName", metric}};
  of["Dimensions"] = std::move(dimensions);
  json::object stat{{"Period", kMinute_s}, {"Stat", "Sum"}};
  stat["Metric"] = std::move(of);
  json::object made{{"Id", id}};
  made["MetricStat"] = std::move(stat);
  return made;
}

void take(TableSide& side, const json::object& result, const Window& window) {
  side.units.assign(window.minutes, 0.0);
  const json::array& times = result.at("Timestamps").as_array();
  const json::array& values = result.at("Values").as_array();
  for (std::size_t i = 0; i < std::min(times.size(), values.size()); ++i) {
    const auto at_s = times[i].to_number<std::int64_t>();
    const std::int64_t minute = (at_s - window.start_s) / kMinute_s;
    if (minute < 0 || minute >= std::ssize(side.units)) continue;
    const std::int64_t seconds = std::min(kMinute_s, window.end_s - at_s);
    side.units[static_cast<std::size_t>(minute)] +=
        values[i].to_number<double>() / static_cast<double>(std::max<std::int64_t>(1, seconds));
  }
}

void take_settings(TableLoad& load, const std::string& region, const json::object& described) {
  const json::object& table = described.at("Table").as_object();
  if (const json::array* replicas = json::find_array(table, "Replicas")) {
    load.replicated = load.replicated || !replicas->empty();
  }
  const json::object* throughput = json::find_object(table, "ProvisionedThroughput");
  if (throughput == nullptr) return;
  load.reads[region].provisioned = json::int_or(*throughput, "ReadCapacityUnits", 0);
  load.writes[region].provisioned = json::int_or(*throughput, "WriteCapacityUnits", 0);
}

Task<std::vector<std::string>> tables_of(Cloud* cloud, std::string region) {
  std::vector<std::string> names;
  json::object input;
  for (;;) {
    json::object answer = co_await cloud->call(region, "dynamodb", "ListTables", input);
    for (const json::value& each : answer.at("TableNames").as_array()) {
      names.push_back(json::to_std(each));
    }
    const std::string last = json::string_or(answer, "LastEvaluatedTableName");
    if (last.empty()) co_return names;
    input["ExclusiveStartTableName"] = last;
  }
}

Task<void> read_table(Cloud* cloud, std::string region, TableLoad* load, Window window) {
  json::object named{{"TableName", load->table}};
  take_settings(*load, region, co_await cloud->call(region, "dynamodb", "DescribeTable", named));
  json::array queries;
  queries.push_back(query("r", "ConsumedReadCapacityUnits", load->table));
  queries.push_back(query("w", "ConsumedWriteCapacityUnits", load->table));
  json::object input{{"StartTime", window.start_s}, {"EndTime", window.end_s}};
  input["MetricDataQueries"] = std::move(queries);
  const json::object answer =
      co_await cloud->call(region, "cloudwatch", "GetMetricData", std::move(input));
  for (const json::value& each : answer.at("MetricDataResults").as_array()) {
    const json::object& result = each.as_object();
    const bool reads = json::string_or(result, "Id") == "r";
    take(reads ? load->reads[region] : load->writes[region], result, window);
  }
}

}  // namespace

Task<std::vector<TableLoad>> read_loads(Cloud* cloud, std::vector<std::string> regions,
                                        std::string table, int minutes, std::int64_t now_s) {
  const Window window = window_of(minutes, now_s);
  std::map<std::string, TableLoad> loads;
  for (const std::string& region : regions) {
    const std::vector<std::string> names = co_await tables_of(cloud, region);
    for (const std::string& name : names) {
      if (!table.empty() && name != table) continue;
      TableLoad& load = loads[name];
      load.table = name;
      co_await read_table(cloud, region, &load, window);
    }
  }
  std::vector<TableLoad> all;
  for (auto& [name, load] : loads) all.push_back(std::move(load));
  co_return all;
}

}  // namespace tandem::topology
