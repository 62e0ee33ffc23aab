#include "tests/sim/whole/programs.h"

#include <boost/asio/redirect_error.hpp>
#include <csignal>

#include "core/json.h"

namespace tandem::sim {
namespace {

class HandlerProgram final : public lambda::Program {
 public:
  HandlerProgram(const asio::any_io_executor& executor, lambda::ProgramOptions options)
      : options_(std::move(options)), changed_(executor, core::kNever) {
    for (auto& [name, value] : options_.environment("127.0.0.1:9001")) variables_[name] = value;
  }

  /// Its runtime. Ends when it is killed; what it was doing then has no effect any more.
  static Task<void> serve(std::shared_ptr<HandlerProgram> self, Handler handler) {
    try {
      while (!self->killed_) co_await turn(self, handler);
    } catch (const std::exception& error) {
      if (!self->killed_) self->options_.on_error_output(std::string(error.what()) + "\n");
    }
    self->ended_ = true;
    self->changed_.cancel();
  }

  Task<net::ExitStatus> wait() override {
    while (!killed_ && !ended_) co_await change();
    net::ExitStatus status;
    if (killed_) {
      status.signal = SIGKILL;
    } else {
      status.code = 1;
    }
    co_return status;
  }
  void kill() override {
    killed_ = true;
    changed_.cancel();
  }
  void freeze() override { frozen_ = true; }
  void thaw() override {
    frozen_ = false;
    changed_.cancel();
  }
  void pause(std::chrono::milliseconds) override {}
  void drain() override {}
  Task<void> ready() override { co_return; }
  Task<void> answered() override { co_return; }
  std::int64_t memory_used() const override { return 32 << 20; }
  Task<void> close_doors() override {
    options_.runtime_api = nullptr;
    co_return;
  }

 private:
  Task<void> change() {
    boost::system::error_code woken;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }

  /// Nothing when it was killed meanwhile.
  static Task<net::HttpResponse> ask(std::shared_ptr<HandlerProgram> self, std::string method,
                                     std::string path, std::string body) {
    if (!self->options_.runtime_api) throw std::runtime_error("the Runtime API is gone");
    net::HttpRequest request;
    request.method = std::move(method);
    request.target = "/2018-06-01/runtime/invocation/" + path;
    request.headers.set("Host", "127.0.0.1:9001");
    request.body = std::move(body);
    net::HttpResponse response = co_await self->options_.runtime_api(std::move(request));
    while (self->frozen_ && !self->killed_) co_await self->change();
    co_return response;
  }

  static Task<void> turn(std::shared_ptr<HandlerProgram> self, Handler handler) {
    net::HttpResponse work = co_await ask(self, "GET", "next", "");
    if (self->killed_) co_return;
    const std::string id(work.headers.get_or("Lambda-Runtime-Aws-Request-Id"));
    if (id.empty()) throw std::runtime_error("no request id: " + work.body);
    std::string answer;
    std::string failure;
    try {
      answer = co_await handler(self->variables_, std::move(work.body));
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (self->killed_) co_return;
    const bool failed = !failure.empty();
    if (failed) answer = json::to_text(json::object{{"errorMessage", failure}});
    co_await ask(self, "POST", id + (failed ? "/error" : "/response"), std::move(answer));
  }

  lambda::ProgramOptions options_;
  Variables variables_;
  core::Timer changed_;
  bool killed_ = false;
  bool frozen_ = false;
  bool ended_ = false;
};

}  // namespace

Task<void> HandlerRunner::stop() {
  if (roots_) co_await roots_->stop();
}

Task<std::shared_ptr<lambda::Program>> HandlerRunner::run(lambda::ProgramOptions options) {
  auto program = std::make_shared<HandlerProgram>(executor_, std::move(options));
  // As long as a sandbox takes to be there.
  co_await core::sleep_for(std::chrono::milliseconds(20));
  roots_->spawn("a function", HandlerProgram::serve(program, handler_));
  co_return program;
}

}  // namespace tandem::sim
