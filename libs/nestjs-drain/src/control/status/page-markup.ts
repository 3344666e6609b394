export const markup = `
<header>
  <h1 id="pod">Shutdown</h1>
  <p id="link" class="link" data-state="opening">connecting</p>
</header>
<p id="news" class="unseen" role="status" aria-live="polite"></p>
<main>
  <form id="unlock" hidden>
    <h2>This page asks for a token</h2>
    <p id="refusal"></p>
    <label for="token">Token</label>
    <div class="row">
      <input id="token" type="password" autocomplete="current-password" required aria-describedby="refusal">
      <button>Show</button>
    </div>
  </form>
  <div id="state" hidden>
    <section class="hero" aria-labelledby="headline">
      <div>
        <h2 id="headline"></h2>
        <p id="explanation"></p>
      </div>
      <p id="countdown" class="countdown" role="timer" hidden><b></b> <span>to the deadline</span></p>
    </section>
    <ol id="phases" class="phases" aria-label="Phases">
      <li data-phase="serving"><i></i><b>Serving</b> <span></span></li>
      <li data-phase="lameDuck"><i></i><b>Lame duck</b> <span></span></li>
      <li data-phase="draining"><i></i><b>Draining</b> <span></span></li>
      <li data-phase="drained"><i></i><b>Drained</b> <span></span></li>
    </ol>
    <section id="report" class="report" aria-labelledby="report-title" hidden>
      <h2 id="report-title">Report</h2>
      <p id="summary"></p>
      <div id="fates" class="fates" aria-hidden="true"></div>
      <dl id="report-numbers"></dl>
    </section>
    <dl id="numbers" class="numbers"></dl>
    <section id="open" aria-labelledby="open-title">
      <h2 id="open-title">Open streams</h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="open-title">
        <table>
          <caption id="caption"></caption>
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col" class="number">Age</th>
              <th scope="col" class="number events">Events</th>
              <th scope="col" class="number">Sent</th>
              <th scope="col" class="number">Last write</th>
            </tr>
          </thead>
          <tbody id="streams"></tbody>
        </table>
      </div>
    </section>
    <section id="actions" hidden>
      <button id="drain" class="danger">Drain this pod…</button>
    </section>
  </div>
</main>
<dialog id="confirm" aria-labelledby="confirm-title">
  <form method="dialog">
    <h2 id="confirm-title">Drain this pod?</h2>
    <p>Readiness answers 503 from now on, new streams are refused, subscriptions are told to reconnect,
    and what is open may finish until the deadline. The process itself ends when it gets its signal.</p>
    <div class="row">
      <button value="cancel" autofocus>Keep serving</button>
      <button value="drain" class="danger">Drain</button>
    </div>
  </form>
</dialog>`;
