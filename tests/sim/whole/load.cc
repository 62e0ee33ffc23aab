#include "tests/sim/whole/load.h"

#include <fmt/format.h>

#include "topology/cloud.h"

namespace tandem::sim {
namespace {

constexpr std::uint64_t kShared = 8;
constexpr std::chrono::seconds kTimeout{5};

Task<std::map<std::string, std::string>> scan(Cloud* cloud, std::string region) {
  topology::Cloud reader(cloud->api());
  std::map<std::string, std::string> items;
  json::object input{{"TableName", "todos"}, {"ConsistentRead", true}};
  for (;;) {
    const json::object page = co_await reader.call(region, "dynamodb", "Scan", input);
    for (const auto& value : page.at("Items").as_array()) {
      const json::object& item = value.as_object();
      items[json::string_or(item.at("id").as_object(), "S")] =
          json::string_or(item.at("text").as_object(), "S");
    }
    const auto* last = json::find_object(page, "LastEvaluatedKey");
    if (last == nullptr) co_return items;
    input["ExclusiveStartKey"] = *last;
  }
}

}  // namespace

Load::Load(Cloud& cloud, int clients) : cloud_(cloud), clients_(clients) {}

void Load::start() {
  stopping_ = false;
  for (int number = 0; number < clients_; ++number) {
    ++running_;
    cloud_.spawn(client(number));
  }
}

void Load::stop() {
  stopping_ = true;
  if (!cloud_.run_until([this] { return running_ == 0; }, std::chrono::minutes(1))) {
    throw Broken("clients do not end");
  }
}

Task<void> Load::client(int number) {
  std::vector<std::string> addresses;
  core::TimePoint good_until{};
  core::Random& random = cloud_.random();
  while (!stopping_) {
    co_await core::sleep_for(std::chrono::milliseconds(20 + random.below(400)));
    if (core::TimerClock::now() >= good_until || addresses.empty()) {
      const auto resolved = co_await cloud_.resolve();
      if (!resolved || resolved->addresses.empty()) {
        ++failed;
        last_failure = core::TimerClock::now();
        continue;
      }
      addresses = resolved->addresses;
      good_until = core::TimerClock::now() + std::chrono::seconds(resolved->ttl);
    }
    co_await call(number, addresses.at(random.below(addresses.size())));
  }
  --running_;
}

Task<void> Load::call(int number, std::string address) {
  core::Random& random = cloud_.random();
  const bool own = random.below(2) == 0;
  const std::string id = own ? fmt::format("own-{}-{}", number, ++written_)
                             : fmt::format("shared-{}", random.below(kShared));
  const std::string text = fmt::format("{} by {}", ++written_, number);
  net::HttpRequest request;
  request.method = own || random.below(4) != 0 ? "PUT" : "DELETE";
  request.target = "/todos/" + id;
  request.headers = {{"Host", cloud_.topology().domain}, {"x-api-key", cloud_.api_key()}};
  if (request.method == "PUT") request.body = text;
  try {
    net::HttpTarget target;
    target.address = address;
    target.port = cloud_.config().ports.http;
    const net::HttpResponse answer = co_await cloud_.http().send(
        std::move(target), std::move(request), kTimeout, net::HttpClient::Repeat::kNo);
    if (answer.status < 300) {
      ++answered;
      ++by_region[std::string(answer.headers.get_or("x-region"))];
      if (own) promised_[id] = text;
      co_return;
    }
  } catch (const net::NetError&) {
    // It may have been carried out.
  }
  ++failed;
  last_failure = core::TimerClock::now();
}

std::map<std::string, std::string> items_of(Cloud& cloud, const std::string& region) {
  return cloud.as_operator("a scan in " + region, scan(&cloud, region), std::chrono::minutes(1));
}

namespace {

/// What a disk holds of IAM, of the records that regions are told of as they are.
std::map<std::string, std::string> identities_on(const Machine& machine, std::string_view scope) {
  std::map<std::string, std::string> held;
  for (const std::string_view kind : {"policies/", "roles/", "users/"}) {
    store::for_each(machine.disk(), fmt::format("{}/{}", scope, kind),
                    [&](std::string_view key, std::string_view value) {
                      held.emplace(key.substr(scope.size()), value);
                      return true;
                    });
  }
  return held;
}

/// Which region has not heard what global has; empty when all have.
std::string deaf_region(Cloud& cloud) {
  const auto told = identities_on(cloud.global(), "iam");
  for (const Machine* region : cloud.regions()) {
    if (identities_on(*region, "identities/records") != told) return region->name();
  }
  return "";
}

}  // namespace

std::string verdict(Cloud& cloud, const Load& load) {
  if (!cloud.run_until([&] { return deaf_region(cloud).empty(); }, std::chrono::minutes(1))) {
    return deaf_region(cloud) + " does not know the identities that global has";
  }
  std::map<std::string, std::map<std::string, std::string>> held;
  for (const Machine* machine : cloud.regions()) {
    held[machine->name()] = items_of(cloud, machine->name());
  }
  const auto& [first, items] = *held.begin();
  for (const auto& [region, others] : held) {
    if (others == items) continue;
    for (const auto& [id, text] : items) {
      const auto found = others.find(id);
      if (found == others.end() || found->second != text) {
        return fmt::format("{} differs: '{}' in {}, '{}' in {}", id, text, first,
                           found == others.end() ? "(absent)" : found->second, region);
      }
    }
    return fmt::format("{} holds {} items, {} holds {}", first, items.size(), region,
                       others.size());
  }
  for (const auto& [id, text] : load.promised()) {
    const auto found = items.find(id);
    if (found == items.end()) return fmt::format("{} was acknowledged and is gone", id);
    if (found->second != text) return fmt::format("{} is '{}', not '{}'", id, found->second, text);
  }
  return "";
}

}  // namespace tandem::sim
