#include "replication/transport.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <deque>
#include <list>
#include <set>

#include "net/network.h"
#include "replication/byte_codec.h"
#include "replication/complaint.h"
#include "replication/frame_reader.h"
#include "replication/receiver.h"
#include "replication/sender.h"

namespace tandem::replication {
namespace {

using boost::system::error_code;
using Clock = core::TimerClock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{1000};
constexpr milliseconds kFirstRetry{50};
/// Between two looks whether a table that was throttled has capacity again.
constexpr milliseconds kCapacityStep{20};
constexpr milliseconds kLastRetry{1000};
/// An answer that the other side does not read for so long is given up, with the connection.
constexpr milliseconds kWriteDeadline{10'000};
constexpr std::size_t kConnections = 64;
/// Frames written together.
constexpr std::size_t kWriteBytes = 256 << 10;

constexpr std::size_t kReadBytes = 64 << 10;
/// More than a Hello takes: nobody makes this region keep more before saying who it is.
constexpr std::size_t kHelloBytes = 1 << 10;

void put_frame(std::string& to, std::string_view frame) { put_bytes(to, frame); }

/// A connection from a peer, or from somebody who claims to be one.
struct Incoming {
  Incoming(std::unique_ptr<net::Stream> accepted, Replicator& replicator)
      : stream(std::move(accepted)), session(replicator) {}
  void close() { stream->close(); }
  /// Hangs: has not said who it is, or does not take its answers.
  bool expired() const {
    return session.expired() || (writing_since && Clock::now() - *writing_since > kWriteDeadline);
  }
  std::unique_ptr<net::Stream> stream;
  ReceiverSession session;
  FrameReader frames;
  std::optional<Clock::time_point> writing_since;
  Clock::time_point since = Clock::now();
  Clock::time_point spoken = Clock::now();  ///< last answer
};

/// A connection of this region to a peer: a writer and a reader share it.
struct Outgoing {
  Outgoing(std::unique_ptr<net::Stream> connected, Replicator& replicator, const std::string& peer,
           const asio::any_io_executor& executor)
      : stream(std::move(connected)), session(std::in_place, replicator, peer), wake(executor) {}
  std::unique_ptr<net::Stream> stream;
  std::optional<SenderSession> session;  ///< the writer's to end; gone once closed
  core::Timer wake;
  std::string failure;  ///< why it is being closed
  bool woken = false;
  bool closed = false;

  void rouse() {
    woken = true;
    wake.cancel();
  }
  void close() {
    closed = true;
    stream->close();
    rouse();
  }
};

/// A frame on a slow link. The delay is added when it is looked at: one that is taken back lets go
/// of what waits.
struct Waiting {
  Clock::time_point since;
  std::string framed;
};

std::string_view state_of(const LinkSettings& settings, const Replicator::Peer& peer) {
  if (settings.partitioned) return "Partitioned";
  if (settings.paused) return "Paused";
  if (peer.refusal) return "RefusedByPeer";
  if (peer.refused) return "RefusesPeer";
  return peer.connected ? "Connected" : "Disconnected";
}

}  // namespace

/// Roots that live as long as the process catch what escapes their work, say it once, let go of
/// what the work held, and go on after a while: one refused write must not end a link for good.
struct Transport::State {
  struct Link {
    Peer peer;
    LinkSettings settings;
    std::shared_ptr<Outgoing> outgoing;
    Complaint outwards;
    std::string unreachable;  ///< why the last attempt to connect failed, if it did
    Complaint inwards;
    bool leaving = false;  ///< its region is no peer any more; gone when keep_connected() ends
    bool kept = false;     ///< keep_connected() runs
  };

  State(asio::any_io_executor given_executor, core::Workers& given_blocking,
        net::Network& given_network, Replicator& given_replicator, Options given_options)
      : executor(given_executor),
        blocking(given_blocking),
        network(given_network),
        replicator(given_replicator),
        options(std::move(given_options)),
        group(given_executor) {}

  Task<void> accept();
  void take(std::unique_ptr<net::Stream> stream);
  Task<void> serve(std::shared_ptr<Incoming> connection);
  Task<void> read_frames(std::shared_ptr<Incoming> connection);
  Task<bool> handle(std::shared_ptr<Incoming> connection);
  Task<bool> wait_for_capacity(std::shared_ptr<Incoming> connection);
  Task<bool> write_answer(std::shared_ptr<Incoming> connection, std::string answer);
  bool partitioned(const std::string& region) const;
  void complain(const std::string& region, std::string_view why);
  bool make_room();
  void keep(Link& link);
  void part_from(Link& link);
  void close_incoming(std::string_view region);
  Task<void> keep_connected(Link* link);
  Task<bool> connect(Link* link);
  Task<void> ship(Link* link, std::shared_ptr<Outgoing> out);
  Task<void> write_to(Link* link, std::shared_ptr<Outgoing> out);
  Task<bool> write_due(const Link* link, std::shared_ptr<Outgoing> out, std::deque<Waiting>* queue);
  Task<void> read_from(std::shared_ptr<Outgoing> out);
  Task<void> tick();
  void close_what_hangs();
  void rouse_all();

  asio::any_io_executor executor;
  core::Workers& blocking;
  net::Network& network;
  Replicator& replicator;
  Options options;
  std::unique_ptr<net::StreamListener> listener;
  std::map<std::string, Link, std::less<>> links;
  std::set<std::shared_ptr<Incoming>> accepted;
  Complaint strangers;
  Complaint upkeep;
  core::TaskGroup group;
  bool started = false;
  bool stopping = false;
};

Task<void> Transport::State::accept() {
  while (!stopping) {
    net::StreamListener::Accepted arrived = co_await listener->accept();
    if (arrived.error == asio::error::operation_aborted) co_return;
    if (!arrived.error) {
      try {
        take(std::move(arrived.stream));
        continue;
      } catch (const std::exception& error) {
        strangers.fails_often("of a new connection", error.what());
      }
    }
    // Out of descriptors or memory: wait for some to come back.
    co_await core::sleep_for(kFirstRetry);
  }
}

void Transport::State::take(std::unique_ptr<net::Stream> stream) {
  if (accepted.size() >= kConnections && !make_room()) return;
  auto connection = std::make_shared<Incoming>(std::move(stream), replicator);
  accepted.insert(connection);
  group.spawn("replication from a peer", serve(std::move(connection)));
}

/// Closes the stranger that has been here longest. A peer proves who it is at once, so strangers
/// that say nothing cannot keep it out. False when all are peers.
bool Transport::State::make_room() {
  std::shared_ptr<Incoming> oldest;
  for (const auto& connection : accepted) {
    if (!connection->session.peer().empty()) continue;
    if (!oldest || connection->since < oldest->since) oldest = connection;
  }
  if (!oldest) return false;
  strangers.fails_often("strangers", "hold all connections; the oldest are closed");
  oldest->close();
  accepted.erase(oldest);
  return true;
}

void Transport::State::complain(const std::string& region, std::string_view why) {
  const auto link = links.find(region);
  if (link == links.end()) {
    strangers.fails_often("from a stranger", why);
  } else {
    link->second.inwards.fails("from " + region, why);
  }
}

bool Transport::State::partitioned(const std::string& region) const {
  const auto link = links.find(region);
  return link != links.end() && link->second.settings.partitioned;
}

Task<void> Transport::State::serve(std::shared_ptr<Incoming> connection) {
  try {
    co_await read_frames(connection);
  } catch (const std::exception& error) {
    if (!stopping) complain(connection->session.peer(), error.what());
  }
  connection->close();
  accepted.erase(connection);
}

Task<void> Transport::State::read_frames(std::shared_ptr<Incoming> connection) {
  std::string buffer(kReadBytes, '\0');
  while (!stopping) {
    const net::Stream::Got got = co_await connection->stream->read(asio::buffer(buffer));
    if (got.error) co_return;
    connection->frames.feed(std::string_view(buffer).substr(0, got.bytes));
    bool goes_on = co_await handle(connection);
    // Nothing is read meanwhile: what the peer goes on sending is held back over there.
    while (goes_on && connection->session.waiting()) {
      goes_on = co_await wait_for_capacity(connection);
      if (goes_on && !connection->session.waiting()) goes_on = co_await handle(connection);
    }
    if (!goes_on) co_return;
  }
}

/// A step of the wait for a table's capacity. False: close the connection.
Task<bool> Transport::State::wait_for_capacity(std::shared_ptr<Incoming> connection) {
  co_await core::sleep_for(kCapacityStep);
  ReceiverSession& session = connection->session;
  if (stopping || partitioned(session.peer())) co_return false;
  const ReceiverSession::Outcome outcome = session.proceed();
  std::string answer;
  for (const std::string& reply : outcome.replies) put_frame(answer, reply);
  const bool well = outcome.failure.empty();
  if (!well) complain(session.peer(), outcome.failure);
  const bool silent = Clock::now() - connection->spoken > kTick;
  if (answer.empty() && silent && session.waiting()) put_frame(answer, session.sign_of_life());
  if (answer.empty()) co_return well;
  const bool written = co_await write_answer(connection, std::move(answer));
  co_return written&& well;
}

Task<bool> Transport::State::write_answer(std::shared_ptr<Incoming> connection,
                                          std::string answer) {
  connection->spoken = Clock::now();
  connection->writing_since = Clock::now();
  const error_code failed = co_await connection->stream->write(asio::buffer(answer));
  connection->writing_since.reset();
  co_return !failed;
}

/// Applies the frames at hand and answers them. False: close the connection.
Task<bool> Transport::State::handle(std::shared_ptr<Incoming> connection) {
  ReceiverSession& session = connection->session;
  std::string answer;
  bool goes_on = true;
  while (goes_on && !session.waiting()) {
    if (partitioned(session.peer())) co_return false;
    const auto frame =
        connection->frames.next(session.peer().empty() ? kHelloBytes : kMaxFrameBytes);
    if (!frame) break;
    const ReceiverSession::Outcome outcome = session.receive(*frame);
    for (const std::string& reply : outcome.replies) put_frame(answer, reply);
    if (outcome.failure.empty()) continue;
    complain(session.peer(), outcome.failure);
    goes_on = false;
  }
  if (connection->frames.failed()) {
    complain(session.peer(), "frame too large");
    goes_on = false;
  }
  const std::string acknowledgement = session.acknowledge();
  if (!acknowledgement.empty()) {
    put_frame(answer, acknowledgement);
    const auto link = links.find(session.peer());
    if (goes_on && link != links.end()) link->second.inwards.works("from " + session.peer());
  }
  if (answer.empty()) co_return goes_on;
  // INVARIANT(durable-before-acknowledged): once acknowledged, a write is the receiver's to keep:
  // the sender may forget it.
  if (!acknowledgement.empty() && options.make_durable) {
    co_await core::run_blocking(blocking, options.make_durable);
  }
  const bool written = co_await write_answer(connection, std::move(answer));
  co_return goes_on&& written;
}

Task<void> Transport::State::keep_connected(Link* link) {
  milliseconds retry = kFirstRetry;
  while (!stopping && !link->leaving) {
    const auto since = Clock::now();
    bool worked = false;
    try {
      if (!link->settings.partitioned) worked = co_await connect(link);
    } catch (const std::exception& error) {
      link->outwards.fails("to " + link->peer.region, error.what());
    }
    // One that is refused as soon as it ships something is not to be opened 20 times a second.
    worked = worked && Clock::now() - since > kLastRetry;
    retry = worked ? kFirstRetry : std::min(retry * 2, kLastRetry);
    if (!link->leaving) co_await core::sleep_for(retry);
  }
  link->kept = false;
  if (link->leaving) part_from(*link);
}

void Transport::State::keep(Link& link) {
  link.kept = true;
  group.spawn("replication to " + link.peer.region, keep_connected(&link));
}

/// INVARIANT(sessions-end-before-peers): no session may borrow what is let go of here: the sender's
/// has ended with connect(), and a receiver's looks its peer up for each frame.
void Transport::State::part_from(Link& link) {
  const std::string region = link.peer.region;
  links.erase(region);
  replicator.remove_peer(region);
}

void Transport::State::close_incoming(std::string_view region) {
  for (const auto& connection : accepted) {
    if (connection->session.peer() == region) connection->close();
  }
}

/// Connects and ships until the connection ends. Whether the peer took anything.
Task<bool> Transport::State::connect(Link* link) {
  net::Network::Connected connected = co_await network.connect(link->peer.address, link->peer.port);
  link->unreachable = connected.error ? connected.error.message() : std::string();
  if (connected.error || stopping || link->leaving) co_return false;
  auto out = std::make_shared<Outgoing>(std::move(connected.stream), replicator, link->peer.region,
                                        executor);
  link->outgoing = out;
  group.spawn("replication answers from " + link->peer.region, read_from(out));
  co_await ship(link, out);
  out->close();
  const bool worked = out->session->proven();
  link->outgoing.reset();
  out->session.reset();
  if (!out->failure.empty() && !stopping) {
    link->outwards.fails("to " + link->peer.region, out->failure);
  }
  co_return worked;
}

Task<void> Transport::State::ship(Link* link, std::shared_ptr<Outgoing> out) {
  try {
    co_await write_to(link, out);
  } catch (const std::exception& error) {
    out->failure = error.what();
  }
}

Task<void> Transport::State::write_to(Link* link, std::shared_ptr<Outgoing> out) {
  std::deque<Waiting> queue;
  while (!out->closed && !stopping) {
    out->woken = false;
    std::size_t bytes = 0;
    // A fault to order is for writes: who is there is said at once, also over a slow or paused
    // link, or the peer would take this region for a stranger that says nothing.
    while (bytes < kWriteBytes && (!link->settings.paused || !out->session->welcomed())) {
      const bool greets = !out->session->welcomed();
      auto frame = out->session->next();
      if (!frame) break;
      bytes += frame->size();
      Waiting waiting{greets ? Clock::time_point() : Clock::now(), {}};
      put_frame(waiting.framed, *frame);
      queue.push_back(std::move(waiting));
    }
    const bool written = co_await write_due(link, out, &queue);
    if (!written) co_return;
    if (out->session->proven()) link->outwards.works("to " + link->peer.region);
    if (bytes >= kWriteBytes || out->woken) continue;
    // A frame still waiting for its time wakes the writer before the tick does.
    out->wake.expires_at(queue.empty() ? Clock::now() + kTick
                                       : queue.front().since + link->settings.delay);
    error_code woken;
    co_await out->wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

Task<bool> Transport::State::write_due(const Link* link, std::shared_ptr<Outgoing> out,
                                       std::deque<Waiting>* queue) {
  std::string bytes;
  const auto sent_before = Clock::now() - link->settings.delay;
  while (!queue->empty() && queue->front().since <= sent_before) {
    bytes.append(queue->front().framed);
    queue->pop_front();
  }
  if (bytes.empty()) co_return true;
  const error_code failed = co_await out->stream->write(asio::buffer(bytes));
  co_return !failed;
}

Task<void> Transport::State::read_from(std::shared_ptr<Outgoing> out) {
  FrameReader frames;
  std::string buffer(kReadBytes, '\0');
  while (!out->closed && !stopping) {
    const net::Stream::Got got = co_await out->stream->read(asio::buffer(buffer));
    if (got.error || out->closed) break;
    frames.feed(std::string_view(buffer).substr(0, got.bytes));
    std::optional<std::string> failure;
    while (!failure) {
      const auto frame = frames.next();
      if (!frame) break;
      failure = out->session->receive(*frame);
    }
    if (frames.failed()) failure = "frame too large";
    if (failure) {
      out->failure = *failure;
      break;
    }
    out->rouse();
  }
  out->close();
}

/// A write that nobody reads has no end of its own: what hangs is closed from here, and its
/// coroutine lets go of the rest.
void Transport::State::close_what_hangs() {
  for (auto& [region, link] : links) {
    if (!link.outgoing || link.settings.paused) continue;
    const std::int64_t slack_ms = 2 * link.settings.delay.count();
    if (!link.outgoing->session || !link.outgoing->session->expired(slack_ms)) continue;
    link.outgoing->failure = "the peer does not answer";
    link.outgoing->close();
  }
  for (const auto& connection : accepted) {
    if (connection->expired()) connection->close();
  }
}

Task<void> Transport::State::tick() {
  while (!stopping) {
    co_await core::sleep_for(kTick);
    close_what_hangs();
    try {
      replicator.tick();
      upkeep.works("upkeep");
    } catch (const std::exception& error) {
      upkeep.fails("upkeep", error.what());
    }
    for (auto& [region, link] : links) {
      if (!link.outgoing || !link.outgoing->session) continue;
      link.outgoing->session->tick();
      link.outgoing->rouse();
    }
  }
}

void Transport::State::rouse_all() {
  for (auto& [region, link] : links) {
    if (link.outgoing) link.outgoing->rouse();
  }
}

Transport::Transport(asio::any_io_executor executor, core::Workers& blocking, net::Network& network,
                     Replicator& replicator, Options options)
    : state_(std::make_unique<State>(executor, blocking, network, replicator, std::move(options))) {
}

Transport::~Transport() = default;

void Transport::start() {
  State& state = *state_;
  state.listener = state.network.listen(state.options.address, state.options.port);
  state.replicator.on_work([&state] { state.rouse_all(); });
  state.group.spawn("replication listener", state.accept());
  state.group.spawn("replication upkeep", state.tick());
  state.started = true;
  for (auto& [region, link] : state.links) state.keep(link);
}

void Transport::set_peers(const std::vector<Peer>& peers) {
  State& state = *state_;
  for (const Peer& peer : peers) {
    const auto [at, added] = state.links.try_emplace(peer.region);
    State::Link& link = at->second;
    try {
      if (added) state.replicator.add_peer(peer.region);
    } catch (const store::StoreError&) {
      state.links.erase(at);
      throw;
    }
    const bool moved = link.peer.address != peer.address || link.peer.port != peer.port;
    link.peer = peer;
    link.leaving = false;
    if (moved && link.outgoing) link.outgoing->close();
    if (state.started && !link.kept) state.keep(link);
  }
  std::vector<State::Link*> leaving;
  for (auto& [region, link] : state.links) {
    const auto same = [&name = region](const Peer& peer) { return peer.region == name; };
    if (std::ranges::none_of(peers, same)) leaving.push_back(&link);
  }
  for (State::Link* link : leaving) {
    link->leaving = true;
    state.close_incoming(link->peer.region);
    if (link->outgoing) link->outgoing->close();
    if (!link->kept) state.part_from(*link);
  }
}

Task<void> Transport::stop() {
  state_->stopping = true;
  state_->replicator.on_work(nullptr);
  if (state_->listener) state_->listener->close();
  drop_connections();
  co_await state_->group.stop();
}

void Transport::drop_connections() {
  for (auto& [region, link] : state_->links) {
    if (link.outgoing) link.outgoing->close();
  }
  for (const auto& connection : state_->accepted) connection->close();
}

std::uint16_t Transport::port() const { return state_->listener->port(); }

bool Transport::set_link(std::string_view peer, LinkSettings settings) {
  const auto found = state_->links.find(peer);
  if (found == state_->links.end()) return false;
  found->second.settings = settings;
  // Neither side may take the other for connected, also when there is nothing to be sent.
  if (settings.partitioned) state_->close_incoming(peer);
  if (!found->second.outgoing) return true;
  if (settings.partitioned) {
    found->second.outgoing->close();
  } else {
    // What was held back made the peer silent, and must not be held against it.
    if (found->second.outgoing->session) found->second.outgoing->session->wait_anew();
    found->second.outgoing->rouse();
  }
  return true;
}

json::object Transport::links() const {
  json::object all;
  for (const auto& [region, link] : state_->links) {
    Replicator& replicator = state_->replicator;
    const Replicator::Peer& peer = *replicator.find_peer(region);
    // A link that does not move lags by what it has not moved.
    const std::int64_t lag_us = std::max(peer.lag.last_us, replicator.oldest_pending_us(region));
    json::object shown{{"Connected", peer.connected && !link.settings.partitioned},
                       {"State", state_of(link.settings, peer)},
                       {"DelayMs", link.settings.delay.count()},
                       {"Paused", link.settings.paused},
                       {"Partitioned", link.settings.partitioned},
                       {"PendingEntries", replicator.pending(region)},
                       {"SnapshotsOwed", replicator.snapshots_owed(region)},
                       {"LagMs", static_cast<double>(lag_us) / 1000.0}};
    if (peer.wall_offset_us) {
      shown["ClockOffsetMs"] = static_cast<double>(*peer.wall_offset_us) / 1000.0;
    }
    if (peer.refusal) {
      shown["RefusedByPeer"] =
          json::object{{"Reason", peer.refusal->reason},
                       {"Since", core::iso8601_ms(peer.refusal->since_us / 1000)}};
    }
    if (peer.refused) {
      shown["RefusesPeer"] =
          json::object{{"Reason", peer.refused->reason},
                       {"Since", core::iso8601_ms(peer.refused->since_us / 1000)}};
    }
    const std::string& why = link.unreachable.empty() ? link.outwards.why() : link.unreachable;
    if (!peer.connected && !why.empty()) shown["Reason"] = why;
    all[region] = std::move(shown);
  }
  return all;
}

}  // namespace tandem::replication
