// An instance's process: its cell, the Runtime API it finds there, and its environment.
#include <algorithm>
#include <array>
#include <fstream>
#include <signal.h>
#include <unistd.h>

#include "core/log.h"
#include "sandbox/cell.h"
#include "sandbox/peer.h"
#include "service/web_guard.h"
#include "services/lambda/exec/failure.h"
#include "services/lambda/exec/instance.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

/// Where the certificates a function should trust are, inside.
constexpr std::string_view kCaBundleInside = "/etc/pki/tandem/ca-bundle.pem";
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
  // A function's runtime is no web page, and no web page may answer in its name.
  options.admit = [](const net::HttpRequest& head) -> std::optional<net::HttpResponse> {
    const auto why = service::foreign_page(head);
    if (!why) return std::nullopt;
    return forbidden(*why);
  };
  return options;
}

}  // namespace

/// What the kernel would refuse to execute, and what a shell would nevertheless run.
bool Instance::find_entrypoint() {
  const std::string path = host_.code_folder / function_->code_id / "bootstrap";
  std::string why;
  std::error_code failed;
  if (::access(path.c_str(), X_OK) != 0 || !std::filesystem::is_regular_file(path, failed)) {
    why = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
  } else {
    std::array<char, 4> magic{};
    std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
    const std::string_view start(magic.data(), magic.size());
    if (start ==
            "\x7f"
            "ELF" ||
        start.starts_with("#!"))
      return true;
    why = "fork/exec /var/task/bootstrap: exec format error";
  }
  init_error_type_ = "Runtime.InvalidEntrypoint";
  init_error_ =
      error_document(current_ == nullptr ? "" : current_->request_id, init_error_type_, why);
  return false;
}

Task<net::ExitStatus> Instance::start_and_wait() {
  std::string failed;
  try {
    co_await start_process();
  } catch (const std::exception& error) {
    failed = error.what();
  }
  net::ExitStatus status;
  if (failed.empty()) {
    status = co_await process_->wait();
  } else {
    log::error("lambda {}: the sandbox cannot be started: {}", function_->name, failed);
    fail_sandbox(failed);
  }
  co_return status;
}

Task<net::HttpResponse> Instance::handle_stranger_or_own(net::HttpRequest request) {
  const net::Connection& at = request.connection;
  const auto look = [root = sandbox_pid(),
                     client = sandbox::TcpEnd{at.remote_address, at.remote_port},
                     server = sandbox::TcpEnd{at.local_address, at.local_port}] {
    return root != 0 && sandbox::is_connected_from(root, client, server);
  };
  const bool own = co_await core::run_blocking(host_.blocking, look);
  if (!own) co_return forbidden("This Runtime API is another function's.");
  net::HttpResponse response = co_await handle(std::move(request));
  co_return response;
}

Task<void> Instance::close_doors() {
  aws_.reset();
  if (server_) co_await server_->stop();
  server_.reset();
}

/// The function's own log says it too: that is where its owner looks.
void Instance::fail_sandbox(const std::string& why) {
  log_.write("Sandbox.Failure: " + why);
  complete(Invocation::Result::kSandboxFailed, why, "Sandbox.Failure");
}

Task<void> Instance::start_process() {
  const auto print = [this](InstanceLog::Source source) {
    return [this, source](std::string_view bytes) {
      log_.print(source, bytes);
      if (log_.flooding(host_.clock.steady_ns())) pause_flood();
    };
  };
  server_ = std::make_unique<net::HttpServer>(
      host_.executor, listener_options(), [this](net::HttpRequest request) {
        // On the host's network anybody can connect.
        return host_.network == sandbox::Network::kHost ? handle_stranger_or_own(std::move(request))
                                                        : handle(std::move(request));
      });
  sandbox::CellOptions options;
  options.network = host_.network;
  if (host_.network == sandbox::Network::kHost) {
    runtime_address_ = host_.address;
    runtime_port_ = server_->listen(host_.address, 0);
  } else {
    const auto taken = host_.aws == nullptr ? std::vector<std::uint16_t>() : host_.aws->ports();
    runtime_address_ = "127.0.0.1";
    runtime_port_ = kRuntimePort;
    while (std::find(taken.begin(), taken.end(), runtime_port_) != taken.end()) ++runtime_port_;
    options.doors.push_back({runtime_address_, runtime_port_});
    for (const std::uint16_t port : taken) options.doors.push_back({"0.0.0.0", port});
  }
  options.program = "/var/task/bootstrap";
  options.working_directory = "/var/task";
  options.views.emplace_back(host_.code_folder / function_->code_id, "/var/task");
  if (!host_.ca_bundle.empty()) options.views.emplace_back(host_.ca_bundle, kCaBundleInside);
  options.empty_folders = {"/opt", "/var/runtime"};
  options.tmp_mb = function_->ephemeral_mb;
  options.environment = environment();
  options.on_output = print(InstanceLog::Source::kOutput);
  options.on_error_output = print(InstanceLog::Source::kErrorOutput);
  sandbox::Cell cell = co_await sandbox::start_cell(host_.blocking, std::move(options));
  process_ = std::move(cell.process);
  way_out_ = std::move(cell.way_out);
  if (!cell.offline.empty()) log_.write("Sandbox.Offline: no way to the world: " + cell.offline);
  open_doors(std::move(cell.doors));
  // It was told to end while it was being started.
  if (ending_ != Ending::kNone) process_->signal(SIGKILL);
}

void Instance::open_doors(std::vector<net::Descriptor> sockets) {
  if (!sockets.empty()) {
    server_->adopt(std::move(sockets.front()));
    sockets.erase(sockets.begin());
  }
  server_->start();
  if (!sockets.empty()) aws_ = host_.aws->serve(std::move(sockets));
}

std::vector<std::pair<std::string, std::string>> Instance::environment() const {
  std::vector<std::pair<std::string, std::string>> all = {
      {"LANG", "en_US.UTF-8"},
      {"PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH",
       "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"},
      {"TZ", ":UTC"},
      {"AWS_ENDPOINT_URL", host_.endpoint_url}};
  if (!host_.ca_bundle.empty()) {
    for (const char* name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"}) {
      all.emplace_back(name, kCaBundleInside);
    }
  }
  for (const auto& [name, value] : function_->environment) {
    all.emplace_back(name, json::to_std(value));
  }
  // The reserved ones come last: bubblewrap takes the last value of a name.
  const std::vector<std::pair<std::string, std::string>> reserved = {
      {"_HANDLER", function_->handler},
      {"AWS_REGION", host_.region},
      {"AWS_DEFAULT_REGION", host_.region},
      {"AWS_LAMBDA_FUNCTION_NAME", function_->name},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function_->memory_mb)},
      {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", log_.group()},
      {"AWS_LAMBDA_LOG_STREAM_NAME", log_.stream()},
      {"AWS_ACCESS_KEY_ID", credentials_.access_key_id},
      {"AWS_SECRET_ACCESS_KEY", credentials_.secret_access_key},
      {"AWS_SESSION_TOKEN", credentials_.session_token},
      {"AWS_LAMBDA_RUNTIME_API", fmt::format("{}:{}", runtime_address_, runtime_port_)},
      {"LAMBDA_TASK_ROOT", "/var/task"},
      {"LAMBDA_RUNTIME_DIR", "/var/runtime"}};
  all.insert(all.end(), reserved.begin(), reserved.end());
  return all;
}

}  // namespace tandem::lambda
