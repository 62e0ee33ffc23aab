#include "topology/ping.h"

#include <arpa/inet.h>
#include <cerrno>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"
#include "core/timer.h"
#include "net/http.h"
#include "service/own_paths.h"

namespace tandem::topology {
namespace {

using Clock = core::TimerClock;

/// More than any process says about itself.
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr std::chrono::milliseconds kWhoDeadline{500};

/// All bytes until the other side closed: none when nobody listens. Nothing when somebody listens
/// and does not answer.
using Heard = std::optional<std::string>;

/// One question under way: connect, send, read until the other side closes.
class Question {
 public:
  Question(const PingTarget& target, std::string request) : request_(std::move(request)) {
    handle_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(target.port);
    if (handle_ < 0 || inet_pton(AF_INET, target.address.c_str(), &where.sin_addr) != 1) {
      finish("");
      return;
    }
    if (connect(handle_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 &&
        errno != EINPROGRESS) {
      finish("");
    }
  }
  ~Question() {
    if (handle_ >= 0) close(handle_);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  pollfd waits_for() const {
    return {done_ ? -1 : handle_, static_cast<short>(request_.empty() ? POLLIN : POLLOUT), 0};
  }
  void go_on(short events) {
    if (done_ || events == 0) return;
    if (request_.empty()) return read_some();
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(handle_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return finish("");
    const ssize_t sent = ::send(handle_, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent > 0) request_.erase(0, static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) finish("");
  }
  bool done() const { return done_; }
  const Heard& heard() const { return heard_; }
  void give_up() {
    if (!done_) finish(std::nullopt);
  }

 private:
  void read_some() {
    char buffer[4096];
    const ssize_t got = ::recv(handle_, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) answer_.append(buffer, static_cast<std::size_t>(got));
    if (got <= 0 || answer_.size() > kMaxAnswerBytes) finish(std::move(answer_));
  }
  void finish(Heard heard) {
    done_ = true;
    heard_ = std::move(heard);
  }

  int handle_ = -1;
  std::string request_;  ///< what is still to be sent
  std::string answer_;
  bool done_ = false;
  Heard heard_;
};

/// The questions' ends, in order, after deadline at the latest.
std::vector<Heard> ask(std::vector<std::unique_ptr<Question>> questions,
                       std::chrono::milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  for (;;) {
    std::vector<pollfd> waiting;
    bool any = false;
    for (const auto& question : questions) {
      waiting.push_back(question->waits_for());
      any |= !question->done();
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (!any || left <= 0) break;
    poll(waiting.data(), waiting.size(), static_cast<int>(left));
    for (std::size_t i = 0; i < questions.size(); ++i) questions[i]->go_on(waiting[i].revents);
  }
  std::vector<Heard> all;
  for (const auto& question : questions) {
    question->give_up();
    all.push_back(question->heard());
  }
  return all;
}

std::string request_text(const net::HttpRequest& request) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  for (const auto& [name, value] : request.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  return text + "Content-Length: 0\r\nConnection: close\r\n\r\n";
}

std::string host_of(const PingTarget& target) {
  return fmt::format("{}:{}", target.address, target.port);
}

/// The body of an HTTP answer, and its status; 0 when it is none.
std::pair<std::uint64_t, std::string_view> read_answer(std::string_view answer) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const auto body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.") || body == std::string_view::npos) return {0, {}};
  const auto status = core::parse_uint(answer.substr(kVersion.size(), 3));
  return {status.value_or(0), answer.substr(body + 4)};
}

}  // namespace

Pong read_pong(const std::string& answer) {
  // Closed without a word: it ends, or is no HTTP server.
  if (answer.empty()) return {};
  Pong pong{.kind = Pong::Kind::kStranger};
  const auto [code, body] = read_answer(answer);
  if (code == 0) return pong;
  const auto parsed = json::parse_text(body);
  if (!parsed || !parsed.value().is_object()) return pong;
  const json::object& document = parsed.value().as_object();
  const std::string status = json::string_or(document, "status");
  pong.name = json::string_or(document, "name");
  if (status.empty() || pong.name.empty()) return pong;
  pong.kind = Pong::Kind::kTandem;
  pong.state_folder = json::string_or(document, "stateFolder");
  pong.pid = static_cast<pid_t>(json::int_or(document, "pid", 0));
  if (const auto* regions = json::find_object(document, "regions")) {
    for (const auto& [name, address] : *regions) {
      if (address.is_string()) pong.regions.push_back({std::string(name), json::to_std(address)});
    }
  }
  // A region whose clock ran ahead serves everything but writes.
  pong.clock = pong.problem = json::string_or(document, "clock");
  // One that has lost functions' code serves everything but their invocations.
  pong.code = json::string_or(document, "code");
  if (!pong.code.empty()) pong.problem += (pong.problem.empty() ? "" : "; ") + pong.code;
  if (status == "ok") return pong;
  pong.store = status;
  const std::string why = json::string_or(document, "reason", status);
  const std::string since = json::string_or(document, "since");
  pong.problem = fmt::format("{}{}{}{}", why, since.empty() ? "" : " (since " + since + ")",
                             pong.problem.empty() ? "" : "; ", pong.problem);
  return pong;
}

std::vector<Pong> ping(const std::vector<PingTarget>& targets, std::chrono::milliseconds deadline) {
  std::vector<std::unique_ptr<Question>> questions;
  for (const PingTarget& target : targets) {
    net::HttpRequest request{.method = "GET", .target = "/_tandem/health"};
    request.headers.set("Host", host_of(target));
    questions.push_back(std::make_unique<Question>(target, request_text(request)));
  }
  std::vector<Pong> pongs;
  for (const Heard& heard : ask(std::move(questions), deadline)) {
    pongs.push_back(heard ? read_pong(*heard) : Pong{.kind = Pong::Kind::kSilent});
  }
  return pongs;
}

std::vector<std::string> tell_to_reload(const std::vector<PingTarget>& targets,
                                        const service::Credentials& root,
                                        std::chrono::milliseconds deadline) {
  std::vector<std::unique_ptr<Question>> questions;
  for (const PingTarget& target : targets) {
    net::HttpRequest request{.method = "POST", .target = "/_tandem/reload"};
    service::sign_own_path(request, host_of(target), root, core::SystemClock().now_s());
    questions.push_back(std::make_unique<Question>(target, request_text(request)));
  }
  std::vector<std::string> problems;
  for (const Heard& heard : ask(std::move(questions), deadline)) {
    const std::string answer = heard.value_or("");
    const auto [status, body] = read_answer(answer);
    const auto said = json::parse_text(body);
    const bool object = said && said.value().is_object();
    std::string why = object ? json::string_or(said.value().as_object(), "message") : "";
    if (why.empty()) why = status == 0 ? "it does not answer" : fmt::format("status {}", status);
    problems.push_back(status == 200 ? std::string() : std::move(why));
  }
  return problems;
}

std::string who_listens(const PingTarget& target) {
  const Pong pong = ping({target}, kWhoDeadline).front();
  if (pong.kind != Pong::Kind::kTandem || pong.state_folder.empty()) return "";
  return fmt::format("{} of {} (pid {})", pong.name, pong.state_folder, pong.pid);
}

}  // namespace tandem::topology
