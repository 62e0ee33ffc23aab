#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "cli/api_key.h"
#include "cli/commands.h"
#include "cli/world.h"
#include "core/random.h"
#include "core/timer.h"
#include "net/dns_client.h"

namespace tandem::cli {
namespace {

using Clock = core::TimerClock;

struct CallOptions {
  std::string method = "GET";
  std::string path;
  std::string data;
  std::vector<std::string> headers;
  std::size_t count = 1;
  double rate = 0;
  bool without_key = false;
};

struct Answer {
  std::string region;  ///< the x-region header, or "" when the answer has none
  std::string address;
  int status = 0;  ///< 0: no answer, error says why
  std::string error;
  std::string body;
  double milliseconds = 0;
};

/// A client that honours TTLs: it asks again only when the last answer has run out, and draws one
/// of the addresses then.
class Resolver {
 public:
  Resolver(core::Random& random, const service::Config& config)
      : client_(random, {.address = config.global_address, .port = config.ports.dns}) {}

  Task<std::string> resolve(std::string name) {
    if (Clock::now() >= expires_) {
      const net::DnsClient::Addresses found = co_await client_.resolve_a(std::move(name));
      address_ = found.addresses.front();
      expires_ = Clock::now() + std::chrono::seconds(found.ttl);
    }
    co_return address_;
  }
  /// -n means independent clients: each looks the name up for itself.
  void forget() { expires_ = {}; }

 private:
  net::DnsClient client_;
  std::string address_;
  Clock::time_point expires_{};
};

net::HttpRequest make_request(const CallOptions& options, const topology::Topology& topology,
                              const std::string& key) {
  net::HttpRequest request{.method = options.method, .target = options.path};
  request.headers.set("Host", topology.domain);
  if (!options.without_key) request.headers.set("x-api-key", key);
  if (!options.data.empty()) request.headers.set("Content-Type", "application/json");
  for (const std::string& header : options.headers) {
    const auto colon = header.find(':');
    if (colon == std::string::npos) {
      throw Failure(kUsage, "a header is written 'Name: value', not '" + header + "'");
    }
    const auto value = header.find_first_not_of(' ', colon + 1);
    request.headers.set(header.substr(0, colon),
                        value == std::string::npos ? "" : header.substr(value));
  }
  request.body = options.data;
  return request;
}

/// What to do about a name that Tandem's DNS has no zone or no record for.
std::string not_deployed(std::string_view error) {
  const bool unknown = error.ends_with("REFUSED") || error.ends_with("NXDOMAIN");
  return unknown ? " (not deployed yet? 'tandem up' does)" : "";
}

Task<Answer> call_once(net::HttpClient* http, Resolver* resolver, net::HttpTarget target,
                       net::HttpRequest request) {
  Answer answer;
  const auto start = Clock::now();
  try {
    target.address = co_await resolver->resolve(target.server_name);
    answer.address = target.address;
    const net::HttpResponse response = co_await http->send(std::move(target), std::move(request));
    answer.status = response.status;
    answer.region = std::string(response.headers.get_or("x-region"));
    answer.body = response.body;
  } catch (const net::NetError& error) {
    answer.error = error.message;
  } catch (const net::DnsError& error) {
    answer.error = error.message + not_deployed(error.message);
  }
  answer.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  co_return answer;
}

Task<std::vector<Answer>> call_all(net::HttpClient* http, Resolver* resolver,
                                   net::HttpTarget target, net::HttpRequest request,
                                   CallOptions options) {
  std::vector<Answer> answers;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < options.count; ++i) {
    if (options.rate > 0) {
      const auto due =
          start + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(static_cast<double>(i) / options.rate));
      const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now());
      if (wait.count() > 0) co_await core::sleep_for(wait);
    } else {
      resolver->forget();
    }
    Answer answer = co_await call_once(http, resolver, target, request);
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

std::string who(const Answer& answer) {
  if (answer.status == 0) return "no answer";
  return answer.region.empty() ? answer.address : answer.region;
}

void print_answers(const std::vector<Answer>& answers) {
  if (answers.size() == 1) {
    const Answer& answer = answers.front();
    if (answer.status == 0) throw Failure(kFailed, answer.error);
    remark(fmt::format("{} from {} in {:.1f} ms", answer.status, who(answer), answer.milliseconds));
    // A pipe gets the body as it came; a terminal would obey what is in it.
    on_terminal(STDOUT_FILENO) ? print(answer.body) : print_exactly(answer.body);
    return;
  }
  struct Tally {
    std::size_t count = 0;
    std::map<int, std::size_t> statuses;
    std::vector<double> milliseconds;
    std::string error;
  };
  std::map<std::string, Tally> tallies;
  for (const Answer& answer : answers) {
    Tally& tally = tallies[who(answer)];
    ++tally.count;
    ++tally.statuses[answer.status];
    tally.milliseconds.push_back(answer.milliseconds);
    tally.error = answer.error;
  }
  std::vector<std::vector<std::string>> rows{{"ANSWERED BY", "CALLS", "SHARE", "STATUS", "MEDIAN"}};
  for (auto& [name, tally] : tallies) {
    std::string statuses = tally.error;
    for (const auto& [status, count] : tally.statuses) {
      if (status == 0) continue;
      statuses += fmt::format("{}{} × {}", statuses.empty() ? "" : ", ", count, status);
    }
    std::sort(tally.milliseconds.begin(), tally.milliseconds.end());
    rows.push_back({name, std::to_string(tally.count),
                    fmt::format("{:.0f} %", 100.0 * static_cast<double>(tally.count) /
                                                static_cast<double>(answers.size())),
                    statuses,
                    fmt::format("{:.1f} ms", tally.milliseconds[tally.milliseconds.size() / 2])});
  }
  print(table(rows));
}

void print_answers_json(const std::vector<Answer>& answers) {
  json::array list;
  for (const Answer& answer : answers) {
    json::object entry{{"region", answer.region},
                       {"address", answer.address},
                       {"status", answer.status},
                       {"milliseconds", answer.milliseconds}};
    if (answer.status == 0) {
      entry["error"] = answer.error;
    } else {
      entry["body"] = answer.body;
    }
    list.push_back(std::move(entry));
  }
  print_json(list);
}

/// kFailed when any call had no answer or an error status.
int call(const Common& common, const CallOptions& options) {
  const auto file = topology::load_topology(common.file);
  auto world = topology::LocalWorld::open(common.file, remark);
  check_running(world, "global");
  const auto topology = with_deployed_domain(file, world);
  if (options.path.empty() || options.path.front() != '/') {
    throw Failure(kUsage, "the path must start with '/', as in: tandem call GET /todos");
  }
  Client client(world.config());
  core::SystemRandom random;
  Resolver resolver(random, world.config());
  net::HttpTarget target{
      .port = world.config().ports.https, .tls = true, .server_name = topology.domain};
  world.check_ca();
  const std::string key =
      options.without_key ? "" : api_key(world, topology, client, MissingKey::kRefuse);
  net::HttpRequest request = make_request(options, topology, key);
  const auto answers =
      client.run(call_all(&client.http(), &resolver, target, std::move(request), options));
  if (common.format() == Format::kJson) {
    print_answers_json(answers);
  } else {
    print_answers(answers);
  }
  const bool server_failed = std::any_of(answers.begin(), answers.end(),
                                         [](const Answer& answer) { return answer.status >= 500; });
  if (server_failed && common.format() != Format::kJson) {
    remark(
        "A 5xx answer: 'tandem logs' shows what the functions, and the sandbox they run in, said.");
  }
  const bool good = std::all_of(answers.begin(), answers.end(), [](const Answer& answer) {
    return answer.status >= 200 && answer.status < 400;
  });
  return good ? 0 : kFailed;
}

}  // namespace

void add_call(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "call", "Call the application by its name, as clients do: tandem call GET /todos -n 100");
  auto options = std::make_shared<CallOptions>();
  command->add_option("method", options->method, "GET, POST …")->required();
  command->add_option("path", options->path, "Such as /todos")->required();
  command->add_option("-d,--data", options->data, "A body, sent as application/json");
  command->add_option("-H,--header", options->headers, "A further header, 'Name: value'")
      ->expected(1)
      ->take_all();
  command->add_option("-n,--count", options->count, "How many calls, each its own client")
      ->check(CLI::Range(1, 1'000'000));
  command
      ->add_option("--rate", options->rate,
                   "Calls a second by one client that keeps an address for its TTL")
      ->check(CLI::Range(0.1, 10'000.0));
  command->add_flag("--no-key", options->without_key, "Leave the API key out");
  command->callback([&common, &exit_code, options] { exit_code = call(common, *options); });
}

}  // namespace tandem::cli
