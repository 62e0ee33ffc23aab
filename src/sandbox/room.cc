#include "sandbox/room.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <optional>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/text.h"
#include "sandbox/channel.h"
#include "sandbox/closed.h"
#include "sandbox/explain.h"
#include "sandbox/room_builder.h"
#include "sandbox/tree.h"
#include "sandbox/way_out.h"

namespace tandem::sandbox {
namespace {

using Kind = RoomMessage::Kind;
using Control = asio::local::stream_protocol::socket;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMostWords = 4'096;
/// Of messages that nobody asked for: whoever is inside may write there.
constexpr int kPatience = 1'000;
constexpr std::chrono::seconds kOpening{60};

std::string dotted(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &address, text.data(), text.size());
  return text.data();
}

std::vector<std::string> closed_addresses(const std::vector<std::string>& own) {
  std::vector<std::string> all;
  for (const auto& addresses : {machine_addresses(), metadata_addresses()}) {
    for (const in_addr& each : addresses) {
      std::string text = dotted(each);
      if (std::ranges::find(own, text) == own.end()) all.push_back(std::move(text));
    }
  }
  return all;
}

struct Ends {
  Ends() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw CellError(explain_setup("socketpair", errno));
    }
    here = net::Descriptor(ends[0]);
    there = net::Descriptor(ends[1]);
  }
  net::Descriptor here;
  net::Descriptor there;
};

}  // namespace

struct Room::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, core::Workers& workers, RoomSettings wanted)
      : pool(workers),
        settings(std::move(wanted)),
        control(executor),
        changed(executor, core::kNever),
        tasks(executor),
        folder_inside(settings.source_inside),
        exported(settings.environment),
        latest(settings.environment) {}

  static Task<void> build(std::shared_ptr<State> self, RoomPlan plan, HiddenFiles* hidden);
  static Task<void> start(std::shared_ptr<State> self, RoomPlan plan);
  static Task<void> open_way(std::shared_ptr<State> self);
  static Task<void> listen(std::shared_ptr<State> self);
  static Task<void> send(std::shared_ptr<State> self, RoomMessage message);
  static Task<RoomEnd> run(std::shared_ptr<State> self, RoomCommand command);
  static Task<std::string> shell_for(std::shared_ptr<State> self, RoomCommand* command);
  static Task<void> close(std::shared_ptr<State> self);
  static Task<void> wait_until(std::shared_ptr<State> self, bool (State::*holds)() const,
                               std::chrono::milliseconds most);

  void take(const RoomMessage& message);
  void take_report(const RoomMessage& message);
  void take_end(const RoomMessage& message);
  void kill();
  void end() {
    dead = true;
    changed.cancel();
  }
  bool is_ready() const { return dead || (ready && inside > 0); }
  bool has_outcome() const { return dead || outcome.has_value(); }

  core::Workers& pool;
  RoomSettings settings;
  RoomUsersLease lease;
  std::unique_ptr<net::ChildProcess> process;
  std::unique_ptr<net::ChildProcess> way_out;
  net::Descriptor inside_watch;  ///< a pidfd of the first process inside
  pid_t inside = 0;
  Control control;
  core::Timer changed;
  core::TaskGroup tasks;
  std::vector<net::Descriptor> tcp;
  std::vector<net::Descriptor> udp;
  std::vector<std::string> remarks;
  std::string words;  ///< what the builder has complained of
  bool ready = false;
  bool dead = false;
  bool killed = false;
  bool ended = false;  ///< waited for
  int unexpected = 0;

  struct Shell {
    std::string number;
    std::string interpreter;
    std::string user;
  };
  std::optional<Shell> shared;  ///< of the commands that share one
  std::string folder_inside;    ///< where that one was after its last command
  Variables exported;           ///< and its variables
  Variables latest;             ///< those of the last command, of whatever shell
  int shells = 0;
  int commands = 0;
  std::string running;  ///< the shell that has a command
  std::optional<RoomEnd> outcome;
};

Task<void> Room::State::wait_until(std::shared_ptr<State> self, bool (State::*holds)() const,
                                   std::chrono::milliseconds most) {
  const auto deadline = core::TimerClock::now() + most;
  while (!(self.get()->*holds)()) {
    if (core::TimerClock::now() >= deadline) co_return;
    self->changed.expires_at(deadline);
    boost::system::error_code ignored;
    co_await self->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if ((co_await asio::this_coro::cancellation_state).cancelled() !=
        asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
}

Task<void> Room::State::start(std::shared_ptr<State> self, RoomPlan plan) {
  const Channel channel;
  Ends ends;
  const net::Descriptor file = net::memory_file(plan.to_text());
  net::ProcessOptions options;
  options.arguments = {self->settings.program, "build-room"};
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  options.working_directory = "/";
  options.inherited = {file.get(), ends.there.get(), channel.there.get()};
  options.on_output = [weak = self->weak_from_this()](std::string_view bytes) {
    const auto state = weak.lock();
    if (state && state->settings.on_output) state->settings.on_output(bytes);
  };
  options.on_error_output = [weak = self->weak_from_this()](std::string_view bytes) {
    const auto state = weak.lock();
    if (state && state->words.size() < kMostWords) state->words += bytes;
  };
  std::string failed;
  try {
    self->process = co_await net::ChildProcess::start_on(self->pool, std::move(options));
  } catch (const boost::system::system_error& error) {
    failed = explain_setup("a build's room", error.code().value());
  }
  if (!failed.empty()) throw CellError(failed);
  self->control.assign(asio::local::stream_protocol(), ends.here.release());
  self->tasks.spawn("a build's room", listen(self));
  // Otherwise the socket would not end with those who have it.
  ends.there = net::Descriptor();
  co_await wait_until(self, &State::is_ready, kOpening);
  if (self->dead || !self->is_ready()) {
    self->kill();
    co_await self->process->wait();
    self->process = nullptr;
    const std::string_view said = core::trim(self->words);
    throw CellError(said.empty() ? "a build's room does not open" : std::string(said));
  }
  auto doors = receive_descriptors(channel.here.get(), plan.tcp.size() + plan.udp.size());
  for (std::size_t i = 0; i < doors.size(); ++i) {
    (i < plan.tcp.size() ? self->tcp : self->udp).push_back(std::move(doors[i]));
  }
}

Task<void> Room::State::build(std::shared_ptr<State> self, RoomPlan plan, HiddenFiles* hidden) {
  const std::vector<RoomFile>& files = self->settings.files;
  std::string failed;
  try {
    plan = co_await core::run_blocking(self->pool, [&] {
      remove_tree(plan.folder);
      RoomPlan made = plan;
      make_room_files(made, files, *hidden);
      return made;
    });
    co_await start(self, std::move(plan));
    co_return;
  } catch (const std::system_error& error) {
    failed = fmt::format("the room's files: {}", error.what());
  }
  throw CellError(failed);
}

Task<void> Room::State::open_way(std::shared_ptr<State> self) {
  std::string why = missing_for_way_out();
  if (!why.empty()) {
    why = "a way out needs " + why;
  } else {
    try {
      WayOut way = co_await open_way_out(self->pool,
                                         {.inside = self->inside, .user = self->lease.users.first});
      self->way_out = std::move(way.process);
      why = std::move(way.offline);
    } catch (const CellError& error) {
      why = error.what();
    }
  }
  if (!why.empty()) {
    self->remarks.push_back(
        fmt::format("There is no way to the world, to AWS's local services only: {}.", why));
  }
}

Task<void> Room::State::listen(std::shared_ptr<State> self) {
  std::array<char, kPiece> piece{};
  RoomReader reader;
  while (!self->dead) {
    boost::system::error_code error;
    const std::size_t got = co_await self->control.async_read_some(
        asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    reader.add({piece.data(), got});
    while (self->unexpected <= kPatience) {
      const auto message = reader.next();
      if (!message) break;
      self->take(*message);
    }
    if (reader.broken() || self->unexpected > kPatience) break;
  }
  self->kill();
  self->end();
}

void Room::State::take(const RoomMessage& message) {
  ++unexpected;
  if (message.kind == Kind::kBorn && inside == 0 && message.fields.size() == 1) {
    // The builder, which is ours, says so before anybody else is inside, and keeps the number from
    // being anybody else's.
    inside = static_cast<pid_t>(core::parse_uint(message.fields[0]).value_or(0));
    inside_watch = net::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, inside, 0)));
    --unexpected;
  } else if (message.kind == Kind::kReady && !ready) {
    ready = true;
    --unexpected;
  } else if (message.kind == Kind::kReport) {
    take_report(message);
  } else if (message.kind == Kind::kEnded) {
    take_end(message);
  }
  changed.cancel();
}

void Room::State::take_report(const RoomMessage& message) {
  if (running.empty() || message.fields.empty() || message.fields[0] != running) return;
  unexpected = 0;
  const auto report = parse_report(message.fields, 1);
  outcome = RoomEnd{report ? report->code : 1, 0};
  const bool is_shared = shared && shared->number == running;
  running.clear();
  if (is_shared && report) folder_inside = report->folder;
  if (!report || !report->variables) return;
  latest = *report->variables;
  if (is_shared) exported = latest;
}

void Room::State::take_end(const RoomMessage& message) {
  if (message.fields.size() != 3) return;
  if (shared && shared->number == message.fields[0]) shared.reset();
  if (running.empty() || message.fields[0] != running) return;
  unexpected = 0;
  running.clear();
  const auto number = [](const std::string& text) {
    constexpr std::uint64_t kMost = 255;
    return static_cast<int>(std::min(core::parse_uint(text).value_or(1), kMost));
  };
  outcome = RoomEnd{number(message.fields[1]), number(message.fields[2])};
}

void Room::State::kill() {
  if (killed) return;
  killed = true;
  // With it goes everything inside, before its builder hears of its end.
  if (inside_watch.get() >= 0) {
    ::syscall(SYS_pidfd_send_signal, inside_watch.get(), SIGKILL, nullptr, 0);
  } else if (process) {
    process->signal(SIGKILL);
  }
  end();
}

Task<void> Room::State::send(std::shared_ptr<State> self, RoomMessage message) {
  const std::string text = message.text();
  boost::system::error_code error;
  co_await asio::async_write(self->control, asio::buffer(text),
                             asio::redirect_error(asio::use_awaitable, error));
  if (error) self->kill();
}

/// The shell that the command is for, which is the running one from then on; one that is there
/// already when it is the shared one.
Task<std::string> Room::State::shell_for(std::shared_ptr<State> self, RoomCommand* command) {
  std::optional<Shell>& shared = self->shared;
  const bool fits =
      shared && shared->interpreter == command->interpreter && shared->user == command->user;
  if (!command->new_shell && fits) {
    self->running = shared->number;
    co_return shared->number;
  }
  RoomMessage start{Kind::kStart, {}};
  const std::string number = std::to_string(++self->shells);
  // From here on, as one that cannot begin may have ended before it is given its command.
  self->running = number;
  start.fields = {number, command->interpreter, command->user,
                  command->new_shell ? self->settings.source_inside : self->folder_inside};
  const Variables& variables = command->new_shell ? self->settings.environment : self->exported;
  for (const auto& [name, value] : variables) {
    start.fields.push_back(fmt::format("{}={}", name, value));
  }
  if (!command->new_shell) {
    if (shared) {
      RoomMessage finish{Kind::kFinish, {shared->number}};
      co_await send(self, std::move(finish));
    }
    shared = Shell{number, command->interpreter, command->user};
  }
  co_await send(self, std::move(start));
  co_return number;
}

Task<RoomEnd> Room::State::run(std::shared_ptr<State> self, RoomCommand command) {
  constexpr std::chrono::hours kForEver{24 * 365};
  std::erase(command.text, '\0');
  self->outcome.reset();
  if (!self->dead) {
    const std::string shell = co_await shell_for(self, &command);
    const std::string mark = fmt::format("tandem-{}", ++self->commands);
    RoomMessage message{
        Kind::kCommand,
        {shell, command_script(command.text, command.variables, kRoomReport, mark), mark}};
    co_await send(self, std::move(message));
    co_await wait_until(self, &State::has_outcome, kForEver);
    if (command.new_shell && !self->dead) {
      RoomMessage finish{Kind::kFinish, {shell}};
      co_await send(self, std::move(finish));
    }
  }
  if (self->process) self->process->drain_output();
  self->running.clear();
  co_return self->outcome.value_or(RoomEnd{0, SIGKILL});
}

Task<void> Room::State::close(std::shared_ptr<State> self) {
  self->kill();
  if (self->process && !self->ended) {
    self->ended = true;
    // Its end is that of everything inside.
    co_await self->process->wait();
  }
  if (self->way_out) {
    self->way_out->signal(SIGKILL);
    self->way_out = nullptr;
  }
  boost::system::error_code ignored;
  self->control.close(ignored);
  co_await self->tasks.stop();
  const auto folder = self->settings.folder;
  co_await core::run_blocking(self->pool, [&folder] { remove_tree(folder); });
}

Room::Room(std::shared_ptr<State> state) : state_(std::move(state)) {}

Room::~Room() {
  if (!state_) return;
  state_->settings.on_output = nullptr;
  state_->kill();
}

namespace {

RoomPlan plan_of(const RoomSettings& settings, const RoomUsers& users, bool layers) {
  return {.folder = settings.folder,
          .users = users,
          .source_inside = settings.source_inside,
          .host_name = settings.host_name,
          .overlays = layers,
          .tcp = settings.tcp,
          .udp = settings.udp,
          .own_addresses = settings.own_addresses,
          .closed = closed_addresses(settings.own_addresses)};
}

std::string refusal_of_layers(std::string_view why) {
  return fmt::format(
      "Packages cannot be installed, because this machine gives no layers over /usr ({}): /usr is "
      "the machine's, read-only; 'npm install -g' and 'pip install --user' write below HOME.",
      why);
}

constexpr std::string_view kOrdinary =
    "Tandem was started by an ordinary user, so packages cannot be installed: /usr is the "
    "machine's, "
    "read-only, and the room has no user but its root; 'npm install -g' and 'pip install --user' "
    "write below HOME. Started by root, it lets builds install what they want, and the machine "
    "sees nothing of it.";

}  // namespace

/// With layers when there are users for them and the machine gives them, else without.
Task<std::unique_ptr<Room>> Room::open(core::Workers& pool, HiddenFiles* hidden,
                                       RoomSettings settings) {
  const auto executor = co_await asio::this_coro::executor;
  RoomUsersLease lease = lease_room_users();
  std::string refused;
  for (bool layers = lease.users.count > 0;; layers = false) {
    RoomSettings tried = settings;
    if (!layers) tried.environment = tried.environment_without_layers;
    const auto state = std::make_shared<State>(executor, pool, std::move(tried));
    state->lease = std::move(lease);
    std::string failed;
    try {
      co_await State::build(state, plan_of(state->settings, state->lease.users, layers), hidden);
    } catch (const CellError& error) {
      failed = error.what();
    }
    if (failed.empty()) {
      if (!refused.empty()) state->remarks.push_back(refusal_of_layers(refused));
      if (state->lease.users.count == 0) state->remarks.emplace_back(kOrdinary);
      co_await State::open_way(state);
      co_return std::unique_ptr<Room>(new Room(state));
    }
    lease = std::move(state->lease);
    co_await State::close(state);
    if (!layers) throw CellError(failed);
    refused = failed;
  }
}

std::vector<net::Descriptor> Room::take_tcp() { return std::move(state_->tcp); }
std::vector<net::Descriptor> Room::take_udp() { return std::move(state_->udp); }
std::filesystem::path Room::source_outside() const { return state_->settings.folder / "source"; }
const Variables& Room::variables() const { return state_->latest; }
void Room::kill() { state_->kill(); }
bool Room::dead() const { return state_->dead; }

Task<RoomMemory> Room::memory(std::int64_t enough_bytes) {
  const auto state = state_;
  const auto look = [first = state->inside, enough_bytes] {
    return room_memory(first, enough_bytes);
  };
  co_return co_await core::run_blocking(state->pool, look);
}

const std::vector<std::string>& Room::remarks() const { return state_->remarks; }

Task<void> Room::give_source() {
  const auto state = state_;
  if (state->lease.users.count == 0) co_return;
  const auto source = source_outside();
  const std::uint32_t root = state->lease.users.first;
  co_await core::run_blocking(state->pool, [&source, root] { give_tree(source, root, root); });
}

Task<RoomEnd> Room::run(RoomCommand command) { return State::run(state_, std::move(command)); }
Task<void> Room::close() { return State::close(state_); }

}  // namespace tandem::sandbox
