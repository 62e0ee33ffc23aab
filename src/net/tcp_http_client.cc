#include "net/tcp_http_client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <openssl/ssl.h>
#include <tuple>
#include <variant>

#include "net/client_connection.h"
#include "net/openssl.h"

namespace tandem::net {
namespace {

using ConnectionPtr = std::shared_ptr<ClientConnection>;
using SteadyClock = core::TimerClock;

/// Connections are shared only by requests that would make the very same one.
using PoolKey = std::tuple<std::string, std::uint16_t, bool, std::string, HttpTarget::Verify>;

PoolKey key_of(const HttpTarget& target) {
  return {target.address, target.port, target.tls, target.server_name, target.verify};
}

void trust(SSL_CTX* context, const std::string& pem) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& root : parse_certificates(pem)) {
    if (X509_STORE_add_cert(store, root.get()) != 1) throw TlsError("trusted certificate");
  }
}

}  // namespace

struct TcpHttpClient::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor at, Options given)
      : executor(std::move(at)),
        options(std::move(given)),
        tls(asio::ssl::context::tls_client),
        purge_timer(executor) {
    trust(tls.native_handle(), options.trusted_ca_pem);
  }

  ConnectionPtr take(const PoolKey& key);
  void give_back(const PoolKey& key, ConnectionPtr connection);
  void arm_purge();
  void purge();

  asio::any_io_executor executor;
  Options options;
  asio::ssl::context tls;
  std::map<PoolKey, std::deque<ConnectionPtr>> idle;  ///< oldest first
  core::Timer purge_timer;
  bool purging = false;
  bool closed = false;
};

ConnectionPtr TcpHttpClient::State::take(const PoolKey& key) {
  const auto pool = idle.find(key);
  if (pool == idle.end()) return nullptr;
  ConnectionPtr found;
  while (!pool->second.empty() && !found) {
    // The youngest is the least likely to have been closed.
    ConnectionPtr connection = std::move(pool->second.back());
    pool->second.pop_back();
    if (connection->quiet()) found = std::move(connection);
  }
  if (pool->second.empty()) idle.erase(pool);
  return found;
}

void TcpHttpClient::State::give_back(const PoolKey& key, ConnectionPtr connection) {
  if (closed || options.idle_per_target == 0) return;
  connection->idle_since = SteadyClock::now();
  auto& pool = idle[key];
  if (pool.size() >= options.idle_per_target) pool.pop_front();
  pool.push_back(std::move(connection));
  if (!purging) arm_purge();
}

void TcpHttpClient::State::arm_purge() {
  purging = true;
  purge_timer.expires_after(
      std::max<std::chrono::milliseconds>(options.idle_timeout / 2, std::chrono::milliseconds(10)));
  purge_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self) return;
    self->purging = false;
    if (!error) self->purge();
  });
}

void TcpHttpClient::State::purge() {
  const auto oldest = SteadyClock::now() - options.idle_timeout;
  for (auto entry = idle.begin(); entry != idle.end();) {
    auto& pool = entry->second;
    std::erase_if(pool, [&](const ConnectionPtr& connection) {
      return connection->idle_since <= oldest || !connection->quiet();
    });
    entry = pool.empty() ? idle.erase(entry) : std::next(entry);
  }
  if (!idle.empty()) arm_purge();
}

TcpHttpClient::TcpHttpClient(asio::any_io_executor executor, Options options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options))) {}

TcpHttpClient::~TcpHttpClient() { close(); }

void TcpHttpClient::close() {
  state_->idle.clear();
  state_->purge_timer.cancel();
}

namespace {

bool repeatable(HttpClient::Repeat repeat, const std::string& method) {
  return repeat == HttpClient::Repeat::kYes ||
         (repeat == HttpClient::Repeat::kByMethod && is_idempotent(method));
}

/// What is asked, and how. Borrowed from the coroutine that asks.
struct Ask {
  enum class Bodies { kWhole, kSources };
  const HttpTarget* target;
  const HttpRequest* request;
  const HttpClient::Options* options;
  Bodies bodies;
  std::chrono::milliseconds timeout;
  core::TimePoint end;  ///< of the whole exchange, when bodies are whole
};

/// One exchange over an open connection. A failure comes back as a value: what is thrown through
/// here is a cancellation, or what a source threw.
Task<std::variant<HttpResponse, NetError>> try_exchange(ConnectionPtr connection, const Ask* ask) {
  std::variant<HttpResponse, NetError> result;
  const HttpRequest& request = *ask->request;
  try {
    if (ask->bodies == Ask::Bodies::kSources) {
      const ClientConnection::Patience patience{ask->timeout, ask->options->slice_timeout};
      result = co_await connection->begin(&request, ask->target, patience);
    } else {
      connection->expire_at(ask->end);
      result = co_await connection->exchange(&request, ask->target, ask->options->response_bytes);
    }
  } catch (const NetError& error) {
    NetError failed = error;
    // Nobody acts on a request whose body has not begun.
    failed.sent = request.source ? connection->pulled() : connection->sent();
    result = std::move(failed);
  }
  connection->relax();
  co_return result;
}

struct Exchanged {
  ConnectionPtr connection;
  HttpResponse response;
};

/// Over a pooled connection if there is one, else over a new one.
template <class State>
Task<Exchanged> exchange_over(State* state, PoolKey key, const Ask* ask,
                              HttpClient::Repeat repeat) {
  if (ConnectionPtr pooled = state->take(key)) {
    auto result = co_await try_exchange(pooled, ask);
    if (auto* response = std::get_if<HttpResponse>(&result)) {
      Exchanged exchanged;
      exchanged.connection = std::move(pooled);
      exchanged.response = std::move(*response);
      co_return exchanged;
    }
    // It was closed while the request was on its way. Any other failure is the answer, and so is
    // this one when the request may have been carried out and is not to happen twice, or when part
    // of its source is gone.
    const NetError& failed = std::get<NetError>(result);
    if (failed.kind != NetError::Kind::kClosed || !pooled->unanswered()) throw failed;
    const bool again = !ask->request->source && repeatable(repeat, ask->request->method);
    if (failed.sent && !again) throw failed;
  }
  Exchanged exchanged;
  exchanged.connection = std::make_shared<ClientConnection>(state->executor);
  exchanged.connection->expire_at(
      std::min(ask->end, SteadyClock::now() + state->options.connect_timeout));
  co_await exchanged.connection->connect(*ask->target, &state->tls);
  auto result = co_await try_exchange(exchanged.connection, ask);
  if (auto* failed = std::get_if<NetError>(&result)) throw *failed;
  exchanged.response = std::move(std::get<HttpResponse>(result));
  co_return exchanged;
}

}  // namespace

/// The rest of an answer. Its connection serves others afterwards; given up before, it is closed.
class TcpHttpClient::AnswerBody final : public BodySource {
 public:
  AnswerBody(std::weak_ptr<State> state, PoolKey key, ConnectionPtr connection)
      : state_(std::move(state)),
        key_(std::move(key)),
        connection_(std::move(connection)),
        length_(connection_->length_left()) {}

  Task<std::string> next() override {
    if (broken_) throw BodyError("the answer broke off");
    if (!connection_) co_return std::string();
    std::string slice;
    std::string failure;
    broken_ = true;  // also when this is cancelled
    try {
      slice = co_await connection_->read_slice();
    } catch (const NetError& error) {
      failure = error.message;
    }
    if (!failure.empty()) throw BodyError(failure);
    broken_ = false;
    if (slice.empty()) {
      const auto state = state_.lock();
      if (state && connection_->reusable()) state->give_back(key_, connection_);
      connection_.reset();
    }
    co_return slice;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::weak_ptr<State> state_;
  PoolKey key_;
  ConnectionPtr connection_;
  std::optional<std::uint64_t> length_;
  bool broken_ = false;
};

Task<HttpResponse> TcpHttpClient::exchange(HttpTarget target, HttpRequest request,
                                           std::chrono::milliseconds timeout, Repeat repeat) {
  const std::shared_ptr<State> state = state_;
  const PoolKey key = key_of(target);
  const Ask ask{&target,         &request,
                &state->options, Ask::Bodies::kWhole,
                timeout,         SteadyClock::now() + timeout};
  Exchanged exchanged = co_await exchange_over(state.get(), key, &ask, repeat);
  if (exchanged.connection->reusable()) state->give_back(key, std::move(exchanged.connection));
  co_return std::move(exchanged.response);
}

Task<HttpResponse> TcpHttpClient::exchange_streamed(HttpTarget target, HttpRequest request,
                                                    std::chrono::milliseconds timeout,
                                                    Repeat repeat) {
  const std::shared_ptr<State> state = state_;
  const PoolKey key = key_of(target);
  const Ask ask{&target,         &request,
                &state->options, Ask::Bodies::kSources,
                timeout,         SteadyClock::now() + timeout};
  Exchanged exchanged = co_await exchange_over(state.get(), key, &ask, repeat);
  if (exchanged.connection->has_more()) {
    exchanged.response.source =
        std::make_shared<AnswerBody>(state, key, std::move(exchanged.connection));
  } else if (exchanged.connection->reusable()) {
    state->give_back(key, std::move(exchanged.connection));
  }
  co_return std::move(exchanged.response);
}

}  // namespace tandem::net
