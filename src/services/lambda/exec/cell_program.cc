#include "services/lambda/exec/cell_program.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <signal.h>

#include "sandbox/cell.h"
#include "sandbox/peer.h"
#include "service/web_guard.h"
#include "services/lambda/code/layer_folder.h"
#include "services/lambda/exec/runtime_answers.h"
#include "services/lambda/exec/runtime_programs.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

constexpr std::int64_t kMebibyte = 1024 * 1024;
constexpr int kTasks = 1'024;
constexpr int kHiddenLooks = 2;
constexpr std::int64_t kLookAnywayNs = 500'000'000;
/// AWS's own; in a network of its own a function finds the Runtime API where it is in Lambda.
constexpr std::uint16_t kRuntimePort = 9001;

net::HttpResponse forbidden(const std::string& why) {
  net::HttpResponse response;
  response.status = 403;
  response.headers.set("Content-Type", "application/json");
  response.body =
      json::to_text(json::object{{"errorMessage", why}, {"errorType", "Runtime.Forbidden"}});
  return response;
}

net::HttpServer::Options listener_options() {
  net::HttpServer::Options options;
  options.limits.connections = 64;
  // A runtime's connection rests while it works, up to the longest timeout.
  options.limits.idle_timeout = std::chrono::minutes(20);
  options.limits.body_bytes = 2 * kResponseBytes;
  // It may write now and then for as long; its timeout is what ends it.
  options.limits.body_timeout = options.limits.idle_timeout;
  options.as_source = is_streamed_response;
  options.body_limit = [most = options.limits.body_bytes](const net::HttpRequest& head) {
    // The instance counts.
    return is_streamed_response(head) ? std::numeric_limits<std::size_t>::max() : most;
  };
  options.keeps_trailers = true;  // a streamed response may end in an error
  // A function's runtime is no web page, and no web page may answer in its name.
  options.admit = [](const net::HttpRequest& head) -> std::optional<net::HttpResponse> {
    const auto why = service::foreign_page(head);
    if (!why) return std::nullopt;
    return forbidden(*why);
  };
  return options;
}

}  // namespace

CellProgram::CellProgram(Host& host, CellWatch& watch, ProgramOptions options)
    : host_(host), watch_(watch), options_(std::move(options)), pause_timer_(host.executor) {}

Task<void> CellProgram::start() {
  server_ = std::make_unique<net::HttpServer>(
      host_.executor, listener_options(), [this](net::HttpRequest request) {
        // On the host's network anybody can connect.
        return host_.network == sandbox::Network::kHost ? handle(std::move(request))
                                                        : options_.runtime_api(std::move(request));
      });
  sandbox::CellOptions options;
  options.network = host_.network;
  std::string runtime_address = "127.0.0.1";
  std::uint16_t runtime_port = 0;
  if (host_.network == sandbox::Network::kHost) {
    runtime_address = host_.address;
    runtime_port = server_->listen(host_.address, 0);
  } else {
    plan_network(options);
    runtime_port = options.doors.front().port;
  }
  const Function& function = *options_.function;
  if (function.architecture != machine_architecture()) {
    options_.remark(
        fmt::format("Tandem: this {} function runs on {}: nothing in its package is made "
                    "for one of them alone",
                    function.architecture, machine_architecture()));
  }
  options.program = bootstrap_of(host_.code_folder, *options_.function).inside;
  options.working_directory = "/var/task";
  plan_files(options);
  options.environment = options_.environment(fmt::format("{}:{}", runtime_address, runtime_port));
  const RuntimeImage* image = find_runtime(options_.function->runtime);
  if (image != nullptr && image->family != RuntimeFamily::kProvided) {
    co_await plan_runtime(*image, &options);
  } else if (host_.runtimes != nullptr) {
    for (auto& view : co_await host_.runtimes->views_of_provided()) {
      options.views.push_back(std::move(view));
    }
  }
  options.on_output = options_.on_output;
  options.on_error_output = options_.on_error_output;
  sandbox::Cell cell = co_await sandbox::start_cell(host_.blocking, std::move(options));
  process_ = std::move(cell.process);
  way_out_ = std::move(cell.way_out);
  if (!cell.offline.empty()) {
    options_.remark("Sandbox.Offline: no way to the world: " + cell.offline);
  }
  open_doors(cell);
  watch_.program_runs();
}

/// The Runtime API's door is the first.
void CellProgram::plan_network(sandbox::CellOptions& options) const {
  std::uint16_t runtime_port = kRuntimePort;
  const auto taken = host_.aws == nullptr ? std::vector<std::uint16_t>() : host_.aws->ports();
  while (std::find(taken.begin(), taken.end(), runtime_port) != taken.end()) ++runtime_port;
  options.doors.push_back({"127.0.0.1", runtime_port});
  for (const std::uint16_t port : taken) options.doors.push_back({"0.0.0.0", port});
  if (host_.aws == nullptr) return;
  for (const sandbox::Door& door : host_.aws->name_servers()) {
    options.doors.push_back(door);
    options.udp_doors.push_back(door);
  }
}

void CellProgram::plan_files(sandbox::CellOptions& options) const {
  options.views.emplace_back(host_.code_folder / options_.function->code_id, "/var/task");
  if (!host_.ca_bundle.empty()) options.views.emplace_back(host_.ca_bundle, kCaBundleInside);
  if (!host_.etc.empty()) {
    std::vector<const char*> names = {"passwd", "group"};
    if (!options.udp_doors.empty()) names.insert(names.end(), {"resolv.conf", "nsswitch.conf"});
    for (const char* name : names) {
      options.views.emplace_back(host_.etc / name, fmt::format("/etc/{}", name));
    }
  }
  options.empty_folders = {"/var/runtime"};
  const auto layers = layer_folder(host_.code_folder, *options_.function);
  if (layers.empty()) {
    options.empty_folders.push_back("/opt");
  } else {
    options.views.emplace_back(layers, "/opt");
  }
  if (host_.runtimes != nullptr) options.root = host_.runtimes->root();
  options.tmp_mb = options_.function->ephemeral_mb;
}

Task<void> CellProgram::plan_runtime(RuntimeImage image, sandbox::CellOptions* to) {
  sandbox::CellOptions& options = *to;
  if (host_.runtimes == nullptr) throw sandbox::CellError("there are no interpreters");
  const auto program = co_await host_.runtimes->find(image);
  if (!program->absent.empty()) throw sandbox::CellError(program->absent);
  const std::string today = core::iso8601_ms(host_.clock.now_ms()).substr(0, 10);
  const std::string mapping = host_.runtimes->mapping(image, *program, today);
  if (!mapping.empty()) options_.remark("Tandem: " + mapping);
  const auto look = [&runtimes = *host_.runtimes, image, program] {
    return runtimes.views(image, *program);
  };
  for (auto& view : co_await core::run_blocking(host_.blocking, look)) {
    options.views.push_back(std::move(view));
  }
  const bool node = image.family == RuntimeFamily::kNode;
  if (node && !host_.ca_bundle.empty()) {
    options.views.emplace_back(host_.ca_bundle, kNodeCaBundleInside);
  }
  // ES modules do not look at NODE_PATH; those of AWS's SDK are found all the same, since
  // nodejs18.x.
  if (node && image.sdk == "@aws-sdk") {
    options.links.emplace_back("/var/runtime/node_modules", "/node_modules");
  }
  const auto variable = [this](const char* name) {
    return json::string_or(options_.function->environment, name);
  };
  const RuntimeLaunch launch = launch_of(image, options_.function->memory_mb,
                                         variable("NODE_OPTIONS"), program->known_flags);
  std::vector<std::string> command = RuntimePrograms::command(image, launch.flags);
  const std::string wrapper = variable("AWS_LAMBDA_EXEC_WRAPPER");
  if (!wrapper.empty()) {
    // As AWS's own bootstrap, a shell, runs it: 127 when there is no such file.
    command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$0\" \"$@\"", wrapper});
  }
  options.program = command.front();
  options.arguments.assign(command.begin() + 1, command.end());
  options.environment.emplace_back("_TANDEM_RUNTIME", RuntimePrograms::about(image));
}

void CellProgram::open_doors(sandbox::Cell& cell) {
  FunctionNetwork::Sockets sockets;
  sockets.ports = std::move(cell.doors);
  if (!sockets.ports.empty()) {
    server_->adopt(std::move(sockets.ports.front()));
    sockets.ports.erase(sockets.ports.begin());
  }
  server_->start();
  if (sockets.ports.empty()) return;
  sockets.names_udp = std::move(cell.udp_doors);
  const auto names = sockets.ports.end() - static_cast<std::ptrdiff_t>(sockets.names_udp.size());
  sockets.names_tcp.assign(std::make_move_iterator(names),
                           std::make_move_iterator(sockets.ports.end()));
  sockets.ports.erase(names, sockets.ports.end());
  aws_ = host_.aws->serve(std::move(sockets));
}

Task<net::HttpResponse> CellProgram::handle(net::HttpRequest request) {
  const net::Connection& at = request.connection;
  const auto look = [root = process_ ? process_->pid() : 0,
                     client = sandbox::TcpEnd{at.remote_address, at.remote_port},
                     server = sandbox::TcpEnd{at.local_address, at.local_port}] {
    return root != 0 && sandbox::is_connected_from(root, client, server);
  };
  const bool own = co_await core::run_blocking(host_.blocking, look);
  if (!own) co_return forbidden("This Runtime API is another function's.");
  net::HttpResponse response = co_await options_.runtime_api(std::move(request));
  co_return response;
}

Task<net::ExitStatus> CellProgram::wait() {
  const net::ExitStatus status = co_await process_->wait();
  memory_used_ = std::max(memory_used_, std::int64_t{status.max_resident_kib} * 1024);
  pause_timer_.cancel();
  process_.reset();
  way_out_.reset();
  processes_.clear();
  co_return status;
}

void CellProgram::kill() {
  if (process_) process_->signal(SIGKILL);
}

void CellProgram::drain() {
  if (process_) process_->drain_output();
}

Task<void> CellProgram::close_doors() {
  aws_.reset();
  if (server_) co_await server_->stop();
  server_.reset();
}

void CellProgram::freeze() {
  if (frozen_) return;
  frozen_ = true;
  signal_session(SIGSTOP);
  watch_.program_froze();
}

void CellProgram::thaw() {
  if (frozen_) {
    signal_session(SIGCONT);
    for (const pid_t pid : processes_) ::kill(pid, SIGCONT);
  }
  frozen_ = false;
  watch_.program_runs();
}

void CellProgram::pause(std::chrono::milliseconds duration) {
  if (frozen_) return;
  signal_session(SIGSTOP);
  pause_timer_.expires_after(duration);
  pause_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->frozen_) self->signal_session(SIGCONT);
  });
}

void CellProgram::hold(const std::vector<sandbox::ProcessEntry>& table) {
  learn_processes(table);
  // The table is fresh: the numbers are these processes' still. Stopped, they keep them.
  for (const pid_t pid : processes_) ::kill(pid, SIGSTOP);
}

void CellProgram::signal_session(int number) {
  // The first process below bubblewrap leads the session all others are in, unless they left it.
  if (!processes_.empty()) ::kill(-processes_.front(), number);
}

void CellProgram::learn_processes(const std::vector<sandbox::ProcessEntry>& table) {
  if (!process_) return;
  int tasks = 0;
  processes_.clear();
  look_.ran_ms = -1;
  look_.use.some_ended = false;
  for (const sandbox::ProcessEntry& entry : sandbox::descendants(table, process_->pid())) {
    processes_.push_back(entry.pid);
    tasks += entry.threads;
  }
  if (tasks > kTasks) options_.on_excess(Excess::kTasks);
}

Task<void> CellProgram::ready() {
  const auto self = shared_from_this();
  const auto table = co_await core::run_blocking(host_.blocking, sandbox::read_process_table);
  learn_processes(table);
  co_await watch_memory(0);
}

Task<void> CellProgram::answered() {
  constexpr std::int64_t kMeasureNs = 100'000'000;
  if (host_.clock.steady_ns() - looked_ns_ > kMeasureNs) co_await watch_memory(0);
}

Task<void> CellProgram::watch_memory(std::int64_t reach_bytes) {
  const auto self = shared_from_this();
  const std::int64_t now_ns = host_.clock.steady_ns();
  // Others may fill its sockets and files meanwhile, and a process that hides is looked at again.
  if (now_ns - looked_ns_ > kLookAnywayNs || hidden_looks_ > 0) reach_bytes = 0;
  const auto look = [last = look_, processes = processes_, limit = limit_bytes(), reach_bytes] {
    return sandbox::look_again(last, processes, limit, reach_bytes);
  };
  const bool runs = process_ != nullptr;
  const auto found = co_await core::run_blocking(host_.blocking, look);
  if (!found || !runs || process_ == nullptr) co_return;
  look_ = *found;
  looked_ns_ = now_ns;
  const sandbox::MemoryUse& use = look_.use;
  memory_used_ = std::max({memory_used_, use.bytes, use.peak_bytes});
  // One look at a process that begins or ends may fail; one that hides keeps failing.
  hidden_looks_ = use.hidden ? hidden_looks_ + 1 : 0;
  if (use.bytes > limit_bytes() || hidden_looks_ > kHiddenLooks) {
    options_.on_excess(Excess::kMemory);
  }
}

std::int64_t CellProgram::limit_bytes() const { return options_.function->memory_mb * kMebibyte; }

std::int64_t CellProgram::memory_left() const {
  return std::max<std::int64_t>(0, limit_bytes() - look_.use.bytes);
}

}  // namespace tandem::lambda
