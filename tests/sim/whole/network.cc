#include "tests/sim/whole/network.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <deque>
#include <variant>

#include "net/body.h"
#include "net/http_parser.h"
#include "tests/sim/whole/stream.h"

namespace tandem::sim {
namespace {

using boost::system::error_code;
using net::NetError;

/// When a connection that is not answered is tried again, and how often (tcp_syn_retries).
constexpr std::chrono::seconds kFirstRetry{1};
constexpr int kRetries = 6;

}  // namespace

/// An HTTP exchange under way: settled once, on its caller's loop.
struct Exchange {
  Exchange(Host& from, Host* to) : from(from), to(to), done(*from.loop) {}
  Host& from;
  Host* to;
  core::Timer done;
  std::optional<net::HttpResponse> response;
  std::optional<NetError> failure;
  bool sent = false;

  bool settled() const { return response || failure; }
  void fail(NetError::Kind kind, std::string why) {
    if (settled()) return;
    failure.emplace(kind, std::move(why));
    failure->sent = sent;
    done.cancel();
  }
  void answer(net::HttpResponse with) {
    if (settled()) return;
    response = std::move(with);
    done.cancel();
  }
};
using ExchangePtr = std::shared_ptr<Exchange>;

Host* Wire::find(const std::string& address) {
  const auto found = hosts_.find(address);
  return found == hosts_.end() ? nullptr : found->second;
}

std::pair<std::string, std::string> Wire::pair_of(const Host& one, const Host& other) {
  return std::minmax(one.name, other.name);
}

bool Wire::is_cut(const Host& one, const Host& other) const {
  return cuts_.contains(pair_of(one, other));
}

std::chrono::nanoseconds Wire::delay() {
  const auto range =
      static_cast<std::uint64_t>((faults.most_delay - faults.least_delay).count()) + 1;
  return faults.least_delay + std::chrono::microseconds(random_.below(range));
}

void Wire::deliver(Host& to, std::chrono::nanoseconds delay, std::function<void()> event) {
  time_.after(delay, [&to, life = to.life, event = std::move(event)] {
    if (to.loop == nullptr || to.life != life) return;
    to.due = true;
    asio::post(*to.loop, event);
  });
}

/// One end learns of it at once, the other a while later: in between, what was under way arrives.
void Wire::break_streams(const Host& one, const Host& other) {
  for (Stream* stream : std::vector<Stream*>(streams)) {
    const Connection& connection = stream->connection();
    const auto& ends = connection.ends;
    const bool between = (ends[0].host == &one && ends[1].host == &other) ||
                         (ends[0].host == &other && ends[1].host == &one);
    if (!between) continue;
    const bool first = ends[0].stream == stream;
    const auto when = first ? 0ns : std::chrono::nanoseconds(3s) * random_.unit();
    time_.after(std::chrono::duration_cast<std::chrono::nanoseconds>(when), [this, stream] {
      if (std::find(streams.begin(), streams.end(), stream) == streams.end()) return;
      stream->ends(asio::error::connection_reset);
    });
  }
}

void Wire::host_is_down(const Host& host) {
  std::erase_if(listening, [&](const Listening* at) { return at->host == &host; });
  std::vector<Stream*> kept;
  for (Stream* stream : streams) {
    const auto& ends = stream->connection().ends;
    const std::size_t side = ends[0].stream == stream ? 0 : 1;
    if (ends.at(side).host == &host) continue;  // nothing of it runs any more
    kept.push_back(stream);
    if (ends.at(1 - side).host != &host || is_cut(host, *ends.at(side).host)) continue;
    time_.after(delay(), [this, stream] {
      if (std::find(streams.begin(), streams.end(), stream) == streams.end()) return;
      stream->ends(asio::error::connection_reset);
    });
  }
  streams = std::move(kept);
  for (const ExchangePtr& exchange : std::vector<ExchangePtr>(exchanges)) {
    if (exchange->to != &host || is_cut(host, exchange->from)) continue;
    deliver(exchange->from, delay(),
            [exchange] { exchange->fail(NetError::Kind::kClosed, "Connection reset by peer"); });
  }
}

namespace {

/// Messages are whole here: an answer that has a source is pulled where it is made, and one that
/// breaks off is a connection that breaks.
Task<net::HttpResponse> whole(Task<net::HttpResponse> serving) {
  constexpr std::size_t kMost = 1024 * 1024 * 1024;
  net::HttpResponse response = co_await std::move(serving);
  if (response.source) {
    response.body = co_await net::collect(response.source, kMost);
    response.source.reset();
  }
  co_return response;
}

/// What happens to a request at the moment when it arrives.
void arrive(Wire* wire, const ExchangePtr& exchange, net::HttpRequest request) {
  Host& from = exchange->from;
  Host* to = exchange->to;
  if (to == nullptr || to->loop == nullptr || !to->serve) {
    wire->deliver(from, wire->delay(),
                  [exchange] { exchange->fail(NetError::Kind::kConnect, "Connection refused"); });
    return;
  }
  exchange->sent = true;
  const bool breaks = wire->chance(wire->faults.exchange_breaks);
  const auto reset = [wire, exchange, &from] {
    wire->deliver(from, wire->delay(), [exchange] {
      exchange->fail(NetError::Kind::kClosed, "Connection reset by peer");
    });
  };
  if (breaks && wire->chance(0.5)) return reset();
  wire->deliver(
      *to, 0ns, [wire, exchange, to, &from, breaks, reset, request = std::move(request)]() mutable {
        asio::co_spawn(*to->loop, whole(to->serve(std::move(request))),
                       [wire, exchange, to, &from, breaks, reset](const std::exception_ptr& escaped,
                                                                  net::HttpResponse response) {
                         if (breaks || escaped) return reset();
                         if (wire->is_cut(from, *to)) return;
                         wire->deliver(from, wire->delay(),
                                       [exchange, response = std::move(response)]() mutable {
                                         exchange->answer(std::move(response));
                                       });
                       });
      });
}

Task<ExchangePtr> exchange_with(Wire* wire, Host* self, net::HttpTarget target,
                                net::HttpRequest request, std::chrono::milliseconds connect,
                                std::chrono::milliseconds timeout) {
  Host* to = wire->find(target.address);
  auto exchange = std::make_shared<Exchange>(*self, to);
  wire->exchanges.push_back(exchange);
  struct Leave {
    Wire* wire;
    ExchangePtr exchange;
    ~Leave() { std::erase(wire->exchanges, exchange); }
  } leave{wire, exchange};
  request.connection = {.local_address = target.address,
                        .local_port = target.port,
                        .remote_address = self->address,
                        .remote_port = 40'000,
                        .tls = target.tls,
                        .server_name = target.server_name};
  if (!request.headers.contains("Host")) {
    request.headers.set("Host", target.address + ":" + std::to_string(target.port));
  }
  const bool cut = to != nullptr && to != self && wire->is_cut(*self, *to);
  exchange->done.expires_after(cut ? std::min(connect, timeout) : timeout);
  if (!cut) {
    const auto delay = to == self ? 20us : wire->delay();
    wire->time().after(delay, [wire, exchange, request = std::move(request)]() mutable {
      arrive(wire, exchange, std::move(request));
    });
  }
  error_code woken;
  co_await exchange->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  if (!exchange->settled() && woken) throw boost::system::system_error(woken);
  if (!exchange->settled()) {
    exchange->fail(cut ? NetError::Kind::kConnectTimeout : NetError::Kind::kTimeout, "timed out");
  }
  co_return exchange;
}

class HostHttpClient final : public net::HttpClient {
 public:
  HostHttpClient(Wire& wire, Host& self, Options options)
      : wire_(wire), self_(self), options_(std::move(options)) {}
  void close() override {}

 private:
  Task<net::HttpResponse> exchange(net::HttpTarget target, net::HttpRequest request,
                                   std::chrono::milliseconds timeout, Repeat) override {
    const ExchangePtr ended = co_await exchange_with(
        &wire_, &self_, std::move(target), std::move(request), options_.connect_timeout, timeout);
    if (ended->failure) throw *ended->failure;
    co_return std::move(*ended->response);
  }

  Wire& wire_;
  Host& self_;
  Options options_;
};

class HostProber final : public net::EndpointProber {
 public:
  HostProber(Wire& wire, Host& self) : wire_(wire), self_(self) {}

  Task<net::EndpointSight> look(net::EndpointProbe probe) override {
    using Outcome = net::EndpointSight::Outcome;
    if (probe.request.empty()) {
      net::EndpointSight connected = co_await connect_to(probe.address, probe.connect_timeout);
      co_return connected;
    }
    net::HttpRequest request;
    auto head = net::parse_request_head(probe.request);
    if (auto* parsed = std::get_if<net::RequestHead>(&head)) {
      request.method = parsed->method;
      request.target = parsed->target;
      request.headers = parsed->headers;
    }
    // Not in the call: g++ 12 destroys an aggregate made there twice.
    net::HttpTarget target;
    target.address = probe.address;
    target.port = probe.port;
    target.tls = probe.tls;
    target.server_name = probe.server_name;
    const ExchangePtr ended =
        co_await exchange_with(&wire_, &self_, std::move(target), std::move(request),
                               probe.connect_timeout, probe.head_timeout);
    net::EndpointSight sight;
    if (ended->response) {
      sight.outcome = Outcome::kAnswered;
      sight.status = ended->response->status;
      sight.body = ended->response->body.substr(0, probe.body_bytes);
      co_return sight;
    }
    sight.detail = ended->failure->message;
    switch (ended->failure->kind) {
      case NetError::Kind::kConnect:
        sight.outcome = Outcome::kConnectFailed;
        break;
      case NetError::Kind::kConnectTimeout:
        sight.outcome = Outcome::kConnectTimeout;
        break;
      case NetError::Kind::kTimeout:
        sight.outcome = Outcome::kHeadTimeout;
        break;
      default:
        sight.outcome = Outcome::kClosed;
    }
    co_return sight;
  }

 private:
  /// The kernel takes connections for a process that is frozen, too.
  Task<net::EndpointSight> connect_to(std::string address, std::chrono::milliseconds timeout) {
    net::EndpointSight sight;
    const Host* to = wire_.find(address);
    if (to != nullptr && wire_.is_cut(self_, *to)) {
      co_await core::sleep_for(timeout);
      sight.outcome = net::EndpointSight::Outcome::kConnectTimeout;
    } else {
      co_await core::sleep_for(1ms);
      const bool up = to != nullptr && to->loop != nullptr;
      sight.outcome = up ? net::EndpointSight::Outcome::kConnected
                         : net::EndpointSight::Outcome::kConnectFailed;
    }
    co_return sight;
  }

  Wire& wire_;
  Host& self_;
};

class HostListener final : public net::StreamListener {
 public:
  HostListener(Wire& wire, Host& self, std::uint16_t port)
      : wire_(wire), arrived_(*self.loop), entry_{&self, port, [this](auto stream) {
                                                    waiting_.push_back(std::move(stream));
                                                    entry_.host->due = true;
                                                    arrived_.cancel();
                                                  }} {
    arrived_.expires_at(core::kNever);
    wire_.listening.push_back(&entry_);
  }
  ~HostListener() override { std::erase(wire_.listening, &entry_); }

  Task<Accepted> accept() override {
    while (waiting_.empty() && !closed_) {
      error_code woken;
      co_await arrived_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    Accepted accepted;
    if (closed_) {
      accepted.error = asio::error::operation_aborted;
    } else {
      accepted.stream = std::move(waiting_.front());
      waiting_.pop_front();
    }
    co_return accepted;
  }
  void close() override {
    closed_ = true;
    std::erase(wire_.listening, &entry_);
    waiting_.clear();
    arrived_.cancel();
  }
  std::uint16_t port() const override { return entry_.port; }

 private:
  Wire& wire_;
  core::Timer arrived_;
  Wire::Listening entry_;
  std::deque<std::unique_ptr<net::Stream>> waiting_;
  bool closed_ = false;
};

/// A connection being made.
struct Dial {
  Dial(Host& from, std::string address, std::uint16_t port)
      : from(from), life(from.life), address(std::move(address)), port(port), done(*from.loop) {
    done.expires_at(core::kNever);
  }
  Host& from;
  std::uint64_t life;  ///< of its host: nobody waits for it any more when that has ended
  std::string address;
  std::uint16_t port;
  core::Timer done;
  bool settled = false;
  net::Network::Connected connected;

  void settle(error_code error) {
    connected.error = error;
    settled = true;
    from.due = true;
    done.cancel();
  }
};

void dial(Wire* wire, const std::shared_ptr<Dial>& call, int attempt) {
  if (call->from.loop == nullptr || call->from.life != call->life) return;
  Host* to = wire->find(call->address);
  if (to != nullptr && wire->is_cut(call->from, *to)) {
    if (attempt == kRetries) return call->settle(asio::error::timed_out);
    wire->time().after(kFirstRetry * (1 << attempt),
                       [wire, call, attempt] { dial(wire, call, attempt + 1); });
    return;
  }
  const auto listening =
      std::find_if(wire->listening.begin(), wire->listening.end(), [&](const auto* at) {
        return at->host == to && at->port == call->port && to->loop != nullptr;
      });
  if (to == nullptr || listening == wire->listening.end()) {
    return call->settle(asio::error::connection_refused);
  }
  auto [near, far] = Streams::connect(*wire, call->from, *to);
  (*listening)->accept(std::move(far));
  call->connected.stream = std::move(near);
  call->settle({});
}

}  // namespace

std::unique_ptr<net::HttpClient> HostNetwork::http_client(net::HttpClient::Options options) {
  return std::make_unique<HostHttpClient>(wire_, self_, std::move(options));
}

std::unique_ptr<net::EndpointProber> HostNetwork::prober() {
  return std::make_unique<HostProber>(wire_, self_);
}

std::unique_ptr<net::StreamListener> HostNetwork::listen(const std::string&, std::uint16_t port) {
  return std::make_unique<HostListener>(wire_, self_, port);
}

Task<net::Network::Connected> HostNetwork::connect(std::string address, std::uint16_t port) {
  auto call = std::make_shared<Dial>(self_, std::move(address), port);
  Wire* wire = &wire_;
  wire_.time().after(wire_.delay(), [wire, call] { dial(wire, call, 0); });
  while (!call->settled) {
    error_code woken;
    co_await call->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (!call->settled && woken) throw boost::system::system_error(woken);
  }
  co_return std::move(call->connected);
}

}  // namespace tandem::sim
