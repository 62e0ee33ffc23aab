// An instance's program, and the environment it is given.
#include <array>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ids.h"
#include "core/log.h"
#include "services/lambda/code/layer_folder.h"
#include "services/lambda/exec/failure.h"
#include "services/lambda/exec/instance.h"
#include "services/lambda/model/runtimes.h"

namespace tandem::lambda {
namespace {

constexpr std::chrono::milliseconds kFloodPause{100};

/// By a function: where we are root it is nobody who owns the file.
bool may_be_run(const std::string& path) {
  struct stat about {};
  if (::geteuid() != 0) return ::access(path.c_str(), X_OK) == 0;
  return ::stat(path.c_str(), &about) == 0 && (about.st_mode & S_IXOTH) != 0;
}

}  // namespace

Task<std::string> Instance::prepare_layers() {
  constexpr std::size_t kMarkDigits = 16;
  const auto prepare = [folder = host_.code_folder, function = function_,
                        mark = core::random_text(host_.random, kMarkDigits, core::kLowerHex)] {
    try {
      return ensure_layer_folder(folder, *function, mark);
    } catch (const std::filesystem::filesystem_error& error) {
      return std::string(error.what());
    }
  };
  co_return co_await core::run_blocking(host_.blocking, prepare);
}

/// What the kernel would refuse to execute, and what a shell would nevertheless run.
bool Instance::find_entrypoint() {
  if (is_managed(function_->runtime)) return true;
  const Entrypoint entry = bootstrap_of(host_.code_folder, *function_);
  const std::string path = entry.outside;
  std::string why;
  if (path.empty()) {
    why = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
  } else if (!may_be_run(path)) {
    why = fmt::format("fork/exec {}: permission denied", entry.inside);
  } else {
    std::array<char, 4> magic{};
    std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
    const std::string_view start(magic.data(), magic.size());
    if (start ==
            "\x7f"
            "ELF" ||
        start.starts_with("#!"))
      return true;
    why = fmt::format("fork/exec {}: exec format error", entry.inside);
  }
  init_error_type_ = "Runtime.InvalidEntrypoint";
  init_error_ =
      error_document(current_ == nullptr ? "" : current_->request_id, init_error_type_, why);
  return false;
}

Task<net::ExitStatus> Instance::start_and_wait() {
  std::string failed;
  try {
    co_await start_program();
  } catch (const std::exception& error) {
    failed = error.what();
  }
  net::ExitStatus status;
  if (failed.empty()) {
    status = co_await program_->wait();
  } else {
    log::error("lambda {}: the sandbox cannot be started: {}", function_->name, failed);
    fail_sandbox(failed);
  }
  co_return status;
}

/// The function's own log says it too: that is where its owner looks.
void Instance::fail_sandbox(const std::string& why) {
  log_.write("Sandbox.Failure: " + why);
  complete(Invocation::Result::kSandboxFailed, why, "Sandbox.Failure");
}

Task<void> Instance::start_program() {
  const auto print = [this](InstanceLog::Source source) {
    return [this, source](std::string_view bytes) {
      log_.print(source, bytes);
      if (program_ && !frozen_ && log_.flooding(host_.clock.steady_ns())) {
        program_->pause(kFloodPause);
      }
    };
  };
  ProgramOptions options;
  options.function = function_;
  options.runtime_api = [this](net::HttpRequest request) { return handle(std::move(request)); };
  options.environment = [this](const std::string& runtime_api) { return environment(runtime_api); };
  options.on_output = print(InstanceLog::Source::kOutput);
  options.on_error_output = print(InstanceLog::Source::kErrorOutput);
  options.on_excess = [weak = weak_from_this()](Excess what) {
    if (const auto self = weak.lock()) self->exceeded(what);
  };
  options.remark = [this](const std::string& line) { log_.write(line); };
  program_ = co_await host_.programs->run(std::move(options));
  wake_.set();
  // It was told to end while it was being started.
  if (ending_ != Ending::kNone) program_->kill();
}

std::vector<std::pair<std::string, std::string>> Instance::environment(
    const std::string& runtime_api) const {
  const RuntimeImage* image = find_runtime(function_->runtime);
  const bool managed = image != nullptr && image->family != RuntimeFamily::kProvided;
  std::vector<std::pair<std::string, std::string>> all = {
      {"LANG", "en_US.UTF-8"},
      {"PATH",
       fmt::format("{}/usr/local/bin:/usr/bin/:/bin:/opt/bin", managed ? "/var/lang/bin:" : "")},
      {"LD_LIBRARY_PATH",
       fmt::format("{}/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:"
                   "/opt/lib",
                   managed ? "/var/lang/lib:" : "")},
      {"TZ", ":UTC"},
      {"PWD", "/var/task"},
      {"SHLVL", "0"},
      {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
      {"AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000"},
      {"_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1"},
      {"_AWS_XRAY_DAEMON_PORT", "2000"},
      {"AWS_ENDPOINT_URL", host_.endpoint_url}};
  if (!host_.ca_bundle.empty()) {
    for (const char* name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}) {
      all.emplace_back(name, kCaBundleInside);
    }
    const bool node = managed && image->family == RuntimeFamily::kNode;
    all.emplace_back("NODE_EXTRA_CA_CERTS", node ? kNodeCaBundleInside : kCaBundleInside);
  }
  if (managed) {
    RuntimeLaunch launch = launch_of(*image, function_->memory_mb, "", {});
    for (auto& variable : launch.environment) all.push_back(std::move(variable));
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
      {"AWS_LAMBDA_FUNCTION_VERSION", function_->version},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", log_.group()},
      {"AWS_LAMBDA_LOG_STREAM_NAME", log_.stream()},
      {"AWS_ACCESS_KEY_ID", credentials_.access_key_id},
      {"AWS_SECRET_ACCESS_KEY", credentials_.secret_access_key},
      {"AWS_SESSION_TOKEN", credentials_.session_token},
      {"AWS_LAMBDA_RUNTIME_API", runtime_api},
      {"LAMBDA_TASK_ROOT", "/var/task"},
      {"LAMBDA_RUNTIME_DIR", "/var/runtime"}};
  all.insert(all.end(), reserved.begin(), reserved.end());
  if (managed) {
    all.emplace_back("AWS_EXECUTION_ENV", fmt::format("AWS_Lambda_{}", function_->runtime));
  }
  return all;
}

}  // namespace tandem::lambda
