#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <unistd.h>

#include "cli/api_key.h"
#include "cli/commands.h"
#include "cli/log_reader.h"
#include "cli/world.h"
#include "core/clock.h"
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
  bool show_head = false;
};

struct Answer {
  std::string region;  ///< who answered: the x-region header, else whose the address is
  std::string address;
  int status = 0;  ///< 0: no answer, error says why
  std::string error;
  std::string body;
  net::Headers headers;
  std::int64_t at_ms = 0;  ///< epoch, when it was asked for
  double milliseconds = 0;

  bool good() const { return status >= 200 && status < 400; }
};

/// A client that honours TTLs: it asks again only when the last answer has run out, and draws one
/// of the addresses then.
class Resolver {
 public:
  /// Borrows both.
  Resolver(core::Random& random, const service::Config& config)
      : client_(random, {.address = config.global_address, .port = config.ports.dns}),
        regions_(config.regions) {}

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
  /// The region that has the address, or "".
  std::string region_at(const std::string& address) const {
    const auto found = std::ranges::find(regions_, address, &service::RegionAddress::address);
    return found == regions_.end() ? "" : found->name;
  }

 private:
  net::DnsClient client_;
  const std::vector<service::RegionAddress>& regions_;
  std::string address_;
  Clock::time_point expires_{};
};

/// "@file" and "-" as curl has them: the file's bytes, standard input's.
std::string body_of(const std::string& data) {
  if (data == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  if (!data.starts_with('@')) return data;
  std::ifstream file(data.substr(1), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    throw Failure(kUsage, "the body cannot be read from " + data.substr(1));
  }
  return bytes;
}

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
  request.body = body_of(options.data);
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
  answer.at_ms = core::SystemClock().now_ms();
  const auto start = Clock::now();
  try {
    target.address = co_await resolver->resolve(target.server_name);
    answer.address = target.address;
    const net::HttpResponse response = co_await http->send(std::move(target), std::move(request));
    answer.status = response.status;
    answer.region = std::string(response.headers.get_or("x-region"));
    if (answer.region.empty()) answer.region = resolver->region_at(answer.address);
    answer.body = response.body;
    answer.headers = response.headers;
  } catch (const net::NetError& error) {
    answer.error = error.message;
  } catch (const net::DnsError& error) {
    answer.error = error.message + not_deployed(error.message);
  }
  answer.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  co_return answer;
}

std::string who(const Answer& answer) {
  if (answer.status == 0) return "no answer";
  return answer.region.empty() ? answer.address : answer.region;
}

/// A line a second while calls are made: how many, by whom they were answered, how many failed.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown), start_(Clock::now()), due_(start_ + kEvery) {}

  void add(const Answer& answer) {
    ++calls_;
    ++by_[who(answer)];
    if (!answer.good()) ++failed_;
    if (Clock::now() < due_) return;
    due_ += kEvery;
    if (shown_) remark(line());
    calls_ = failed_ = 0;
    by_.clear();
  }

 private:
  static constexpr std::chrono::seconds kEvery{1};

  std::string line() const {
    std::string text =
        fmt::format("{:4.0f} s: {} calls",
                    std::chrono::duration<double>(due_ - kEvery - start_).count(), calls_);
    for (const auto& [name, count] : by_) {
      text += fmt::format(", {} {:.0f} %", name,
                          100.0 * static_cast<double>(count) / static_cast<double>(calls_));
    }
    if (failed_ != 0) text += fmt::format("; {} failed", failed_);
    return text;
  }

  bool shown_;
  Clock::time_point start_;
  Clock::time_point due_;
  std::size_t calls_ = 0;
  std::size_t failed_ = 0;
  std::map<std::string, std::size_t> by_;
};

/// Ctrl-C ends the calls, not the command: what was seen until then is what one wants to know.
class Interrupt {
 public:
  explicit Interrupt(const asio::any_io_executor& executor) : signals_(executor, SIGINT, SIGTERM) {
    signals_.async_wait([came = came_](const boost::system::error_code& error, int) {
      if (!error) *came = true;
    });
  }
  bool came() const { return *came_; }

  /// Until then, or until it came.
  Task<void> wait_until(Clock::time_point due) const {
    constexpr std::chrono::milliseconds kSlice{50};
    while (!came()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now());
      if (left.count() <= 0) co_return;
      co_await core::sleep_for(std::min(left, kSlice));
    }
  }

 private:
  asio::signal_set signals_;
  std::shared_ptr<bool> came_ = std::make_shared<bool>(false);
};

Task<std::vector<Answer>> call_all(net::HttpClient* http, Resolver* resolver,
                                   net::HttpTarget target, net::HttpRequest request,
                                   CallOptions options, bool progress) {
  std::vector<Answer> answers;
  Progress seen(progress && options.count > 1);
  const Interrupt interrupt(co_await asio::this_coro::executor);
  const auto start = Clock::now();
  for (std::size_t i = 0; i < options.count && !interrupt.came(); ++i) {
    if (options.rate > 0) {
      const auto due =
          start + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(static_cast<double>(i) / options.rate));
      co_await interrupt.wait_until(due);
      if (interrupt.came()) break;
    } else {
      resolver->forget();
    }
    Answer answer = co_await call_once(http, resolver, target, request);
    seen.add(answer);
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

/// The longest time without a good answer, from the call that failed first to the one that was
/// answered again: what a client saw of an outage. Empty when all were good.
std::string outage_text(const std::vector<Answer>& answers) {
  std::int64_t longest_ms = -1;
  std::string text;
  for (std::size_t i = 0; i < answers.size();) {
    if (answers[i].good()) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < answers.size() && !answers[end].good()) ++end;
    const bool over = end < answers.size();
    const std::int64_t until_ms = answers[over ? end : end - 1].at_ms;
    if (until_ms - answers[i].at_ms > longest_ms) {
      longest_ms = until_ms - answers[i].at_ms;
      text = fmt::format("{} calls in a row failed, from {} {} {} ({:.1f} s)", end - i,
                         core::iso8601_ms(answers[i].at_ms), over ? "to" : "and still at",
                         core::iso8601_ms(until_ms), static_cast<double>(longest_ms) / 1000.0);
    }
    i = end;
  }
  return text;
}

std::string head_text(const Answer& answer) {
  std::string text = fmt::format("HTTP/1.1 {}\n", answer.status);
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + '\n';
  return text + '\n';
}

void print_answers(const std::vector<Answer>& answers, const CallOptions& options) {
  if (answers.size() == 1 && options.count == 1) {
    const Answer& answer = answers.front();
    if (answer.status == 0) throw Failure(kFailed, answer.error);
    if (options.show_head) print(head_text(answer));
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
  const std::string outage = outage_text(answers);
  if (!outage.empty()) print(outage + "\n");
}

void print_answers_json(const std::vector<Answer>& answers) {
  json::array list;
  for (const Answer& answer : answers) {
    json::object entry{{"at", core::iso8601_ms(answer.at_ms)},
                       {"region", answer.region},
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

/// What the function behind a failed call said last; lines come to the log a moment after the
/// answer.
Task<std::optional<LogLine>> reason_of(aws::Api* api, std::string region, std::int64_t since_ms) {
  constexpr int kLooks = 20;
  constexpr std::chrono::milliseconds kBetween{50};
  for (int look = 0; look < kLooks; ++look) {
    LogReader reader(*api, region, "", since_ms);
    if (auto found = last_failure(co_await reader.read())) co_return found;
    co_await core::sleep_for(kBetween);
  }
  co_return std::nullopt;
}

/// Nothing when the region does not tell, or no function failed.
std::string reason_text(Client& client, const Answer& answer) {
  if (answer.region.empty()) return "";
  try {
    const auto line = client.run(reason_of(&client.api(), answer.region, answer.at_ms));
    return line ? fmt::format("{} {}: {}", answer.region, line->function(), line->message) : "";
  } catch (const aws::ApiError&) {
    return "";  // The answer is what was asked for; 'tandem logs' says what is wrong there.
  }
}

/// kFailed when any call had no answer or an error status.
int call(const Common& common, const CallOptions& options) {
  const auto file = topology::load_topology(common.file);
  require_application(file, "so that there is no name to call");
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
  const auto answers = client.run(call_all(&client.http(), &resolver, target, std::move(request),
                                           options, common.format() != Format::kJson));
  if (common.format() == Format::kJson) {
    print_answers_json(answers);
  } else {
    print_answers(answers, options);
  }
  const bool server_failed = std::any_of(answers.begin(), answers.end(),
                                         [](const Answer& answer) { return answer.status >= 500; });
  if (server_failed && common.format() != Format::kJson) {
    const auto failed = std::find_if(answers.rbegin(), answers.rend(),
                                     [](const Answer& answer) { return answer.status >= 500; });
    const std::string reason = reason_text(client, *failed);
    if (!reason.empty()) remark(reason);
    remark(
        "A 5xx answer: 'tandem logs' shows what the functions, and the sandbox they run in, said.");
  }
  const bool good = std::all_of(answers.begin(), answers.end(),
                                [](const Answer& answer) { return answer.good(); });
  return good ? 0 : kFailed;
}

}  // namespace

void add_call(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "call", "Call the application by its name, as clients do: tandem call GET /todos -n 100");
  auto options = std::make_shared<CallOptions>();
  command->add_option("method", options->method, "GET, POST …")->required();
  command->add_option("path", options->path, "Such as /todos")->required();
  command->add_option("-d,--data", options->data,
                      "A body, sent as application/json; @FILE is a file's, - standard input's");
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
  command->add_flag("-i,--include", options->show_head,
                    "Show the answer's status and headers before its body");
  command->callback([&common, &exit_code, options] { exit_code = call(common, *options); });
}

}  // namespace tandem::cli
