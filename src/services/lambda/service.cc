#include "services/lambda/service.h"

#include <system_error>
#include <utility>

#include "aws/error.h"
#include "core/files.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/supervise.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/code/downloads.h"
#include "services/lambda/code/layer_folder.h"
#include "services/lambda/credentials.h"
#include "services/lambda/exec/cell_file.h"
#include "services/lambda/exec/cell_runner.h"
#include "services/lambda/exec/function_meters.h"
#include "services/lambda/exec/runtime_programs.h"
#include "services/lambda/model/rules.h"
#include "services/lambda/model/snapshot.h"
#include "services/lambda/url/door.h"
#include "store/space.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";

/// Public roots and the local CA in one file: a function that is told to trust a bundle trusts
/// nothing else. Empty when there is no local CA. Written only when something has changed, so that
/// a full disk keeps the one that is there.
fs::path write_ca_bundle(const fs::path& ca_pem, const fs::path& folder) {
  std::error_code ignored;
  if (ca_pem.empty() || !fs::exists(ca_pem, ignored)) return {};
  fs::path bundle = folder / "ca-bundle.pem";
  // Functions may run as another user, and our umask may be of the careful kind.
  constexpr auto kReadable = fs::perms::owner_write | fs::perms::owner_read |
                             fs::perms::group_read | fs::perms::others_read;
  const std::string wanted = core::find_file(kSystemRoots).value_or("") + core::read_file(ca_pem);
  try {
    if (core::find_file(bundle) != wanted) core::write_file_atomically(bundle, wanted, 0644);
  } catch (const std::system_error& error) {
    if (!store::no_room(error.code())) throw;
    log::warning(
        "lambda: functions trust no newer certificates than those in {}, which cannot be "
        "written: {}",
        bundle.string(), error.code().message());
    if (core::find_file(bundle).value_or("").empty()) return {};
  }
  fs::permissions(bundle, kReadable, ignored);
  return bundle;
}

/// A function's /etc, as far as it is not the machine's: its user, whom AWS calls so and whose home
/// programs ask for, and where it asks for names: nobody but the region.
void write_etc(const Host& host, const fs::path& folder) {
  std::string servers;
  if (host.aws != nullptr) {
    for (const sandbox::Door& door : host.aws->name_servers()) {
      servers += fmt::format("nameserver {}\n", door.address);
    }
  }
  const std::vector<std::pair<const char*, std::string>> files = {
      {"passwd",
       "root:x:0:0:root:/root:/bin/bash\n"
       "sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n"},
      {"group", "root:x:0:\nsbx_user1051:x:990:\n"},
      {"resolv.conf", servers},
      {"nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"}};
  for (const auto& [name, text] : files) write_cell_file(folder / name, text);
}

Host make_host(const service::Environment& environment, LogBuffer& logs, FunctionMeters& meters,
               const LambdaPorts& ports, Durations durations) {
  const service::RegionAddress* own = environment.config.find_region(environment.region);
  const std::string address = own == nullptr ? "127.0.0.1" : own->address;
  return {.executor = environment.executor,
          .blocking = environment.blocking,
          .clock = environment.clock,
          .random = environment.random,
          .logs = logs,
          .region = environment.region,
          .address = address,
          .endpoint_url = fmt::format("http://{}:{}", address, environment.config.ports.http),
          .code_folder = fs::absolute(environment.folder / "code"),
          .durations = durations,
          .network = ports.reach,
          .aws = ports.network,
          .meters = &meters,
          .processor_times = ports.programs == nullptr ? core::read_processor_times : nullptr};
}

}  // namespace

struct LambdaService::State {
  State(service::Environment given, service::KeyRing& keys, LambdaPorts given_ports,
        Options options);

  service::Environment environment;
  LambdaPorts ports;
  LogBuffer logs;
  FunctionMeters meters;
  Host host;
  RoleCredentials credentials;
  FunctionTable functions;
  LayerTable layers;
  CodeStore code;
  Downloads downloads;
  CodeWatch watch;
  RuntimePrograms runtimes;
  CellRunner cells;
  Executor executor;
  Runner runner;
  AsyncQueue queue;
  api::Scope scope;
  FunctionUrls urls;
  std::vector<service::Operation> operations;
  std::unique_ptr<core::TaskGroup> roots;
};

namespace {

InvokeResult::Status status_of(const Invocation& invocation) {
  switch (invocation.result) {
    case Invocation::Result::kSucceeded:
      return InvokeResult::Status::kSucceeded;
    case Invocation::Result::kFunctionError:
      return InvokeResult::Status::kFunctionError;
    case Invocation::Result::kTimedOut:
      return InvokeResult::Status::kTimedOut;
    case Invocation::Result::kSandboxFailed:
      return InvokeResult::Status::kUnavailable;
  }
  return InvokeResult::Status::kUnavailable;
}

/// docs/clock.md
AsyncQueue::Options at_pace(AsyncQueue::Options options, core::Pace pace) {
  for (auto& wait : options.retries) wait = pace.of(wait);
  options.throttle_first = pace.of(options.throttle_first);
  options.throttle_most = pace.of(options.throttle_most);
  options.event_age = pace.of(options.event_age);
  options.pace = pace;
  return options;
}

}  // namespace

LambdaService::State::State(service::Environment given, service::KeyRing& keys,
                            LambdaPorts given_ports, Options options)
    : environment(std::move(given)),
      ports(std::move(given_ports)),
      logs(environment.executor, ports.logs),
      meters(environment.meters),
      host(make_host(environment, logs, meters, ports, options.durations)),
      credentials(keys, environment),
      functions(environment.store),
      layers(environment.store),
      code(host, environment.config.durability == service::Durability::kFsync
                     ? Flush::kBeforeAcknowledging
                     : Flush::kNo),
      downloads(environment, keys, ports.download_base, functions, layers, code),
      watch(environment.blocking, host.code_folder),
      runtimes(environment.blocking, fs::absolute(environment.folder / "runtime"), ports.runtimes),
      cells(host),
      executor(host, credentials),
      runner(host, executor, functions),
      queue(host, runner, functions, environment.store,
            at_pace(std::move(options.queue), environment.config.pace())),
      scope{environment, ports.objects,
            ports.roles, functions,
            layers,      host.code_folder,
            code,        downloads,
            watch,       executor,
            runner,      queue,
            credentials, ports.programs == nullptr ? &runtimes : nullptr,
            {}},
      urls(scope, keys),
      operations(api::table(scope)) {
  host.watch = &watch;
  host.events = ports.events;
  host.account = environment.account();
  host.programs = ports.programs != nullptr ? ports.programs : &cells;
  if (ports.programs == nullptr) host.runtimes = &runtimes;
}

LambdaService::LambdaService(service::Environment environment, service::KeyRing& keys,
                             LambdaPorts ports, Options options)
    : state_(std::make_unique<State>(std::move(environment), keys, std::move(ports),
                                     std::move(options))) {}

LambdaService::LambdaService(service::Environment environment, service::KeyRing& keys,
                             LambdaPorts ports)
    : LambdaService(std::move(environment), keys, std::move(ports), Options()) {}

LambdaService::~LambdaService() = default;

const std::vector<service::Operation>& LambdaService::operations() const {
  return state_->operations;
}

namespace {

/// What was discarded while instances used it goes with the last of them.
Task<void> sweep_after_instances(api::Scope* scope) {
  for (;;) {
    co_await scope->executor.await_end();
    co_await api::sweep(*scope);
  }
}

}  // namespace

void LambdaService::start() {
  fs::create_directories(state_->host.code_folder);
  std::set<std::string> known;
  std::vector<FunctionPtr> functions;
  for (const FunctionPtr& function : state_->functions.everything()) {
    functions.push_back(function);
    // Versions of one package share it.
    if (known.insert(function->code_id).second) state_->watch.look(*function);
    for (const json::value& layer : function->layers) {
      known.insert(json::string_or(layer.as_object(), "code_id"));
    }
    known.insert(layer_folder(state_->host.code_folder, *function).filename());
  }
  for (const auto& [name, versions] : state_->layers.all()) {
    for (const auto& [number, layer] : versions) known.insert(layer->code_id);
  }
  state_->code.remove_unknown(known);
  state_->host.ca_bundle =
      write_ca_bundle(state_->ports.ca_pem, state_->host.code_folder.parent_path());
  if (state_->host.runtimes != nullptr) state_->runtimes.start();
  state_->host.etc = fs::absolute(state_->environment.folder / "etc");
  write_etc(state_->host, state_->host.etc);
  state_->roots = std::make_unique<core::TaskGroup>(state_->environment.executor);
  core::supervise(*state_->roots, "lambda log lines", [this] { return state_->logs.run(); });
  core::supervise(*state_->roots, "lambda discarded packages",
                  [this] { return sweep_after_instances(&state_->scope); });
  state_->roots->spawn(
      "lambda code on disk",
      state_->watch.read_all(std::move(functions), [this](const Function& damaged) {
        for (const FunctionPtr& each : state_->functions.everything()) {
          if (each->code_id == damaged.code_id) state_->executor.retire(each->key());
        }
      }));
  state_->host.programs->start();
  state_->executor.start();
  state_->queue.start();
}

Task<void> LambdaService::stop() {
  co_await state_->queue.stop();
  co_await state_->executor.stop();
  co_await state_->host.programs->stop();
  if (state_->ports.network != nullptr) co_await state_->ports.network->stop();
  if (state_->roots) co_await state_->roots->stop();
  state_->logs.flush();
}

const service::Environment& LambdaService::environment() const { return state_->environment; }

Task<void> LambdaService::pause() {
  co_await state_->queue.stop();
  co_await state_->executor.stop();
  co_await state_->host.programs->stop();
  if (state_->roots) co_await state_->roots->stop();
}

std::function<void()> LambdaService::forgetting() {
  return [&state = *state_] {
    state.logs.clear();
    state.queue.clear();
    state.functions.clear();
    state.layers.clear();
    state.watch.clear();
    state.credentials.forget_all();
    state.code.forget();
  };
}

bool LambdaService::serves_url(std::string_view host) const { return state_->urls.serves(host); }

Task<net::HttpResponse> LambdaService::serve_url(net::HttpRequest request) {
  return state_->urls.serve(std::move(request));
}

bool LambdaService::serves_download(const net::HttpRequest& request) const {
  return state_->downloads.serves(request);
}

Task<net::HttpResponse> LambdaService::serve_download(net::HttpRequest request) {
  return state_->downloads.serve(std::move(request));
}

bool LambdaService::owns_bucket(std::string_view bucket) { return is_package_bucket(bucket); }

std::string LambdaService::code_damage() const {
  std::string all;
  std::set<std::string> said;
  for (const FunctionPtr& function : state_->functions.everything()) {
    if (!said.insert(function->code_id).second) continue;
    const std::string damage = state_->watch.damage_of(*function);
    if (!damage.empty()) all += (all.empty() ? "" : "; ") + damage;
  }
  return all;
}

Task<InvokeResult> LambdaService::invoke(std::string function_name, std::string payload,
                                         Invoker invoker) {
  InvokeResult result;
  const auto asked = api::find_invoked(state_->scope, function_name);
  if (!asked) co_return result;
  if (!allows_invoke(api::policy_of(state_->scope, asked->named), invoker)) {
    result.status = InvokeResult::Status::kNotPermitted;
    co_return result;
  }
  InvokeRequest request;
  request.payload = std::move(payload);
  request.invoked_arn = state_->scope.arn(asked->named.name, asked->named.qualifier);
  const InvokeOutcome outcome = co_await state_->runner.invoke(asked->function, std::move(request));
  if (outcome.throttle != Throttle::kNone) {
    result.status = InvokeResult::Status::kThrottled;
    co_return result;
  }
  result.status = status_of(*outcome.invocation);
  result.payload = std::move(outcome.invocation->answer);
  result.request_id = outcome.invocation->request_id;
  co_return result;
}

LambdaService::Taken LambdaService::invoke_later(const std::string& function_name,
                                                 std::string payload, const Invoker& invoker) {
  const auto asked = api::find_invoked(state_->scope, function_name);
  if (!asked) return Taken::kNotFound;
  if (!allows_invoke(api::policy_of(state_->scope, asked->named), invoker))
    return Taken::kNotPermitted;
  if (payload.size() > kAsyncPayloadBytes) return Taken::kTooLarge;
  const bool taken = state_->queue.add({.function = asked->named.name,
                                        .qualifier = asked->named.qualifier,
                                        .request_id = core::uuid4(state_->environment.random),
                                        .payload = std::move(payload)});
  return taken ? Taken::kYes : Taken::kFull;
}

}  // namespace tandem::lambda
